// Package service is what makes a process a service: the lock of its folder, signals,
// its log, and what it tells systemd and gets from it.
//
// A daemon starts so: [NewLog], [Take] the state folder, [Inherit] sockets, [NewNotifier],
// [Listen] for signals; when all nodes were started, Notifier.Ready: also if some of them
// have to be tried again, for a service manager ends what is not ready in time. Each second
// it gives the time to Log.Flush, and to Notifier.Alive as long as it is healthy, and looks
// whether the lock is Held. It stops so: Notifier.Stopping,
// drain, Sockets.Close, Lock.Release, Log.Flush.
//
// NewNotifier and Inherit take what they read out of the environment, so that child
// processes don't take it to be theirs.
package service
