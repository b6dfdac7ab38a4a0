"""The console for admins and operators, a module for each page. Pictures are shown only once chosen."""
