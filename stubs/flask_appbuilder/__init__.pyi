from .actions import action as action
from .base import AppBuilder as AppBuilder
from .baseviews import BaseView as BaseView
from .baseviews import expose as expose
from .models.sqla import Model as Model
from .security.decorators import has_access as has_access
from .security.decorators import permission_name as permission_name
from .views import (
    IndexView as IndexView,
)
from .views import (
    ModelView as ModelView,
)
from .views import (
    PublicFormView as PublicFormView,
)
from .views import (
    SimpleFormView as SimpleFormView,
)
