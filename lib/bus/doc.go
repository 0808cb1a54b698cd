// Package bus is where the nodes of a daemon meet: what one emits is offered to every
// other whose expression selects it, and what has become of it comes back.
//
// A node is a pipeline of stages between two ends that the bus gives it. Its outlet is
// the last stage: it publishes batches. Its inlet is the first one of a node that reads
// messages: a bounded queue. Each knows nothing of the other nodes.
//
//	source ── stages ── outlet ──┬─ queue ── inlet ── stages ── outlet ──> ...
//	                             └─ spool ── inlet ── stages (sink)
//
// An acknowledgement goes the other way. The inlet numbers what it hands out, so that
// its own pipeline acknowledges numbers, in whatever order; what is done with is told to
// the outlet that published it; and when all nodes that a batch was offered to have told
// it, the outlet's own pipeline has its acknowledgement, up to the source whose
// position moves.
//
//	position <── Acked ── outlet <──┬── done ── inlet <── Acked ── sink
//	                                └── done ── spool, when it is on disk
//
// What an inlet has handed out stays in its queue, by reference, until it is
// acknowledged: a pipeline that failed and is started again gets it again. So the bound
// of a queue is on both, in bytes of memory. A queue that is full of what a sink holds
// back until it syncs asks for that: stage.Batch.Hurry.
//
// A message that kills its pipeline again and again is found by handing messages out one
// by one (suspect), and given up. How far each node was given what another publishes is
// kept by uuid (Marks), of those that publish in order: when a source starts again where
// the slowest was, the others are not given again what they had.
package bus
