// Package oracle tells whether a pipeline keeps its promises: what was written at
// its near end is what comes out at the far end. It is for tests.
//
// A Writer appends lines to a file, and to a Ledger which of them it has written. A
// Rotator does to that file all that rotation does to files. A Checker reads what came
// out of the pipeline and compares it with the ledger:
//
//	             ┌── Ledger: wrote 1 0-24 ──────────────────────┐
//	Writer ──────┴─> app.log ──> heka-tail ... ──> records ──> Checker ──> Report
//	Rotator ───────> app.log.1, app.log.2.gz ...
//
// Line seq of source src is made of the seed, src and seq alone, says itself what it
// is, and has a checksum (see AppendLine), so that neither end has to keep lines. A
// source is what one writer writes to one file: its lines must come out in order.
//
// The ledger is written after the lines are: a writer that is killed has written
// what its ledger says, and perhaps a little more.
package oracle
