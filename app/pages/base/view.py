"""The base class of every page: the framework's view without its template folder (trap 32)."""

from flask_appbuilder import BaseView


class View(BaseView):
    template_folder = None
    while_setting_up = False  # open to a user who must first set up a second factor
    under = ""  # the tab that lights up on this page, where the address doesn't say so
