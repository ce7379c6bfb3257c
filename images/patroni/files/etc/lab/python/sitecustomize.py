"""What Patroni's Python does otherwise on a lab's host. Python imports this module at its start (site, "sitecustomize")."""
import errno
import faulthandler
import os
import signal

rename = os.rename
set_handler = signal.signal


def rename_or_copy(source, target, **options):
    """Lets Patroni put a data directory aside on a host that is a fork.

    overlayfs renames no folder that is in an image's layer (EXDEV), as all of a fork's are; on a machine's own disk it would be renamed.
    """
    try:
        rename(source, target, **options)
    except OSError as error:
        if error.errno != errno.EXDEV or not os.path.isdir(source):
            raise
        import shutil

        shutil.copytree(source, target, symlinks=True)
        shutil.rmtree(source)


def set_handler_between_locks(number, handler):
    """Lets Patroni end on SIGTERM whatever it is doing.

    Its handler raises SystemExit. Python 3.14 may run a handler when a `with` has taken its lock and would not give it back yet: the
    call of `__enter__` is an instruction of its own, outside the block's exception table (until 3.13 it was not). That lock stays
    taken, and Patroni hangs at its next use; its log's queue has one. What Python itself is about to give back in an `__exit__` is
    lost likewise. And a Condition's `notify` that has woken somebody, and not yet taken him off its list, wakes him again the next
    time, in place of who waits by then: the log's thread sleeps on, and Patroni, which tells it to end, waits for it for ever.
    A signal that comes there comes again a millisecond later: also when that is while this is still at it, and so still there.
    """
    if number != signal.SIGTERM or not callable(handler):
        return set_handler(number, handler)
    import dis

    def is_between_locks(frame):
        if frame.f_code.co_name in ('__enter__', '__exit__', 'notify', '_release_save', '_acquire_restore'):
            return True
        code = list(dis.get_instructions(frame.f_code))
        at = next((index for index, one in enumerate(code) if one.offset == frame.f_lasti), 0)
        return code[at].opname == 'CALL' and '__enter__' in code[at - 1].argrepr

    def callers(frame):
        while frame:
            yield frame
            frame = frame.f_back

    def handle(_, frame):
        if any(is_between_locks(each) for each in callers(frame)):
            signal.setitimer(signal.ITIMER_REAL, 0.001)
        else:
            handler(number, frame)

    set_handler(signal.SIGALRM, handle)
    return set_handler(number, handle)


os.rename = rename_or_copy
signal.signal = set_handler_between_locks
# Where every thread of a Patroni that hangs stands, into the host's log. Patroni has no use for this signal.
faulthandler.register(signal.SIGUSR2, all_threads=True)
