from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Flask

F = TypeVar("F", bound=Callable[..., Any])
Policy = Mapping[str, str | Sequence[str]] | str

DEFAULT_CSP_POLICY: dict[str, str]
DENY: str
SAMEORIGIN: str
NONCE_LENGTH: int

class Talisman:
    def __init__(self, app: Flask | None = None, **kwargs: Any) -> None: ...
    def init_app(
        self,
        app: Flask,
        *,
        feature_policy: Policy = ...,
        permissions_policy: Policy = ...,
        document_policy: Policy = ...,
        force_https: bool = True,
        force_https_permanent: bool = False,
        force_file_save: bool = False,
        frame_options: str = ...,
        frame_options_allow_from: str | None = None,
        strict_transport_security: bool = True,
        strict_transport_security_preload: bool = False,
        strict_transport_security_max_age: int = ...,
        strict_transport_security_include_subdomains: bool = True,
        content_security_policy: Policy | None = ...,
        content_security_policy_report_uri: str | None = None,
        content_security_policy_report_only: bool = False,
        content_security_policy_nonce_in: Sequence[str] | None = None,
        referrer_policy: str = ...,
        session_cookie_secure: bool = True,
        session_cookie_http_only: bool = True,
        session_cookie_samesite: str = "Lax",
        x_content_type_options: bool = True,
        x_xss_protection: bool = False,
    ) -> None: ...
    def __call__(self, **kwargs: Any) -> Callable[[F], F]: ...
