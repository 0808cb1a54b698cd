// Package supervise runs stages as processes: pipelines of ours in a process of their own,
// with acknowledgements over a socket pair, and commands that are not ours.
//
// # Children of ours
//
// [Remote] and [RemoteSource] are stages that start a program, which calls [Serve] and runs
// the node's real stages between two of the Conn's:
//
//	we     inlet ── Remote ─────────────────────────────── outlet
//	                  │ records, marks            ▲ records, marks
//	         fd 3   ══╪═══════════════════════════╪══   socket pair
//	                  ▼                           │
//	child           Source ── decode, filter ── Sink
//
// The socket carries records of heka-frame(5) both ways. A batch is its 'M' records and
// a mark, the 'A' record behind them, with the batch's Range; the way back of an
// acknowledgement is a mark alone:
//
//	+------+------+-------+---------+--------+-----------------------------------------+
//	| 0x1E | 'A'  | 0     | 1       | length | array of 4: source u32 · from i64 ·     |
//	| u8   | u8   | u8    | u8      | u32    | to i64 · hops u8                        |
//	+------+------+-------+---------+--------+-----------------------------------------+
//	| 0x1E | 'C'  | 0     | 1       | length | code u8 · text                          |
//	+------+------+-------+---------+--------+-----------------------------------------+
//
// Marks whose ranges touch are taken as one with their records, as far as they have come
// in together. Gaps are 'G' records. What the two ends say about the stream are 'C'
// records, which are on no other stream:
//
//	1 ready   the child's pipeline runs
//	2 stop    we want its source to end; acknowledgements may follow
//	3 last    the child has no more records
//	4 end     its pipeline has ended well
//	5 error   it has not: u8, bits (1 a restart can't help, 2 a mistake, 4 bad data), and why
//	6 stats   what it has counted since the last time: the numbers of stage.Stats, i64 each
//	7 dead    a record for the dead letters
//
// What is written to the socket is believed by the child and checked by us: a child that
// writes something else is killed. Setup, what a child has to know, stands in a file of
// memory, descriptor 4, so that a child can start itself anew behind walls and read it
// again.
//
// # Commands
//
// [Command] is a stage that a command does the work of which knows nothing of this. It
// stands behind a keeper, a process of our program:
//
//	we ── lifeline, fd 3 ── heka-keeper ── sh, python, ... ── what those start
//	   ─────── stdin, stdout, stderr ────────┘
//
// The program that runs a Command therefore calls [Keep] at the start of its main. Its
// argv[0] is "heka-keeper" then.
//
// # What ends when
//
//   - The end of the input: the socket is closed for writing, or stdin. The process ends
//     in its own time as long as it says or computes something; if it does neither for
//     Spec.Grace it gets TERM, and after that time again KILL.
//   - The process ends: its group is killed, and what a command has started, wherever that
//     went. Run returns an error unless the process had come to its end.
//   - A context ends: the socket closes, which a child of ours takes for the end, TERM, and
//     KILL after the grace.
//   - We are killed: the kernel kills children of ours ([PR_SET_PDEATHSIG]), whose keepers
//     then see what ours see: the lifeline close. They kill all they keep, and end.
//   - The keeper is killed: the kernel kills the command, and we its group.
//
// # Limits
//
// Where a control group of version 2 was delegated to us ([OwnCgroup]), each process gets
// one below it with memory.max, cpu.max and pids.max. Where there is none, also with
// those of version 1, which know no delegation:
//
//   - memory: RLIMIT_DATA 160 MiB above the limit, since programs map more than they use,
//     bounds each process at once; and each second it is seen whether the memory of all
//     together is beyond the limit, and they are killed. Children of ours collect garbage
//     in time (GOMEMLIMIT).
//   - tasks: seen each second; RLIMIT_NPROC besides, for who is not root.
//   - cpu: a higher nice value, and a warning.
//   - files: RLIMIT_NOFILE, always. Who has any limit writes no core files.
//
// [PR_SET_PDEATHSIG]: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
package supervise
