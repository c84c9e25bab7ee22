from . import (
    current_user as current_user,
)
from . import (
    login_fresh as login_fresh,
)
from . import (
    login_required as login_required,
)
from . import (
    login_url as login_url,
)
from . import (
    login_user as login_user,
)
from . import (
    logout_user as logout_user,
)
