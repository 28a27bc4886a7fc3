"""The journal's revisions, one file each in `versions`; CONTRIBUTING.md says how to add one."""
