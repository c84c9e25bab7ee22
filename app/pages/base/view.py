"""The framework's view without its template folder (trap 32): what every page of ours is."""

from flask_appbuilder import BaseView


class View(BaseView):
    template_folder = None
    while_setting_up = False  # open to who must first set up a second factor
    under = ""  # the tab that lights up on this page, where the address doesn't say so
