from datetime import datetime

from sqlalchemy import Table
from sqlalchemy.orm import Mapped

from ...models.sqla import Model

assoc_user_role: Table
assoc_permissionview_role: Table
assoc_user_group: Table
assoc_group_role: Table

class Permission(Model):
    id: Mapped[int]
    name: Mapped[str]

class ViewMenu(Model):
    id: Mapped[int]
    name: Mapped[str]

class PermissionView(Model):
    id: Mapped[int]
    permission_id: Mapped[int]
    permission: Mapped[Permission]
    view_menu_id: Mapped[int]
    view_menu: Mapped[ViewMenu]
    role: Mapped[list[Role]]

class Role(Model):
    id: Mapped[int]
    name: Mapped[str]
    permissions: Mapped[list[PermissionView]]
    user: Mapped[list[User]]
    groups: Mapped[list[Group]]

class User(Model):
    id: Mapped[int]
    first_name: Mapped[str]
    last_name: Mapped[str]
    username: Mapped[str]
    password: Mapped[str | None]
    active: Mapped[bool | None]
    email: Mapped[str]
    last_login: Mapped[datetime | None]
    login_count: Mapped[int | None]
    fail_login_count: Mapped[int | None]
    created_on: Mapped[datetime | None]
    changed_on: Mapped[datetime | None]
    created_by_fk: Mapped[int | None]
    changed_by_fk: Mapped[int | None]
    created_by: Mapped[User]
    changed_by: Mapped[User]
    roles: Mapped[list[Role]]
    groups: Mapped[list[Group]]
    @classmethod
    def get_user_id(cls) -> int | None: ...
    @property
    def is_authenticated(self) -> bool: ...
    @property
    def is_active(self) -> bool | None: ...
    @property
    def is_anonymous(self) -> bool: ...
    def get_id(self) -> str: ...
    def get_full_name(self) -> str: ...

class Group(Model):
    id: Mapped[int]
    name: Mapped[str]
    label: Mapped[str]
    description: Mapped[str]
    users: Mapped[list[User]]
    roles: Mapped[list[Role]]

class RegisterUser(Model):
    id: Mapped[int]
    username: Mapped[str]
    email: Mapped[str]

class ApiKey(Model):
    id: Mapped[int]
    uuid: Mapped[str]
    name: Mapped[str]
    user_id: Mapped[int]
