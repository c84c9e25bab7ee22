from flask import Flask
from markupsafe import Markup

class Bootstrap5:
    bootstrap_version: str
    def __init__(self, app: Flask | None = None) -> None: ...
    def init_app(self, app: Flask) -> None: ...
    def load_css(
        self,
        version: str | None = None,
        bootstrap_sri: str | None = None,
        bootswatch_theme: str | None = None,
    ) -> Markup: ...
    def load_icon_font_css(self) -> Markup: ...
