from threading import Event

from huey import Huey

class Consumer:
    def __init__(
        self,
        huey: Huey,
        workers: int = ...,
        periodic: bool = ...,
        *,
        max_delay: float = ...,
        shutdown_timeout: float | None = ...,
    ) -> None: ...
    stop_flag: Event
    def start(self) -> None: ...
    def run(self) -> None: ...
    def stop(self, graceful: bool = ...) -> None: ...
    def _set_signal_handlers(self) -> None: ...
