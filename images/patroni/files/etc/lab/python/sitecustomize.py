"""Lets Patroni put a data directory aside on a host that is a fork.

overlayfs renames no folder that is in an image's layer (EXDEV), as all of a fork's are; on a machine's own disk it would be renamed.
Python imports this module at its start (site, "sitecustomize").
"""
import errno
import os

rename = os.rename


def rename_or_copy(source, target, **options):
    try:
        rename(source, target, **options)
    except OSError as error:
        if error.errno != errno.EXDEV or not os.path.isdir(source):
            raise
        import shutil

        shutil.copytree(source, target, symlinks=True)
        shutil.rmtree(source)


os.rename = rename_or_copy
