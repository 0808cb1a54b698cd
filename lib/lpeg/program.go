package lpeg

import lua "github.com/yuin/gopher-lua"

// An op is an instruction of the parsing machine. The machine has a position in
// the subject, a stack of calls and of choices to fall back to, and a list of what
// was captured. To fail is to fall back to the latest choice.
type op uint8

const (
	opEnd     op = iota // the subject matches
	opFail              // fail
	opChar              // take c
	opPair              // take c, then the byte n
	opText              // take texts[a]
	opSet               // take a byte of tables[n]
	opAny               // take a bytes
	opSpan              // take bytes as long as they are of tables[n]
	opUntil             // take bytes up to c or the end
	opUntilIn           // take bytes up to texts[a] or the end
	opRest              // take all that is left
	opNotChar           // fail at c
	opNotSet            // fail at a byte of tables[n]
	opNotText           // fail at texts[a]
	opNotAny            // fail if a bytes are left
	opBehind            // go back a bytes

	opTestChar // go to a unless at c
	opTestSet  // go to a unless at a byte of tables[n]
	opTestAny  // go to a if at the end
	opEatChar  // take c or go to a
	opEatSet   // take a byte of tables[n] or go to a
	opEatAny   // take a byte or go to a

	opJump          // go to a
	opChoice        // if what follows fails, go on at a from here
	opCommit        // forget the latest choice and go to a
	opPartialCommit // set the latest choice to here and go to a
	opBackCommit    // go back to the latest choice, forget it and what was captured since, go to a
	opFailTwice     // forget the latest choice and fail
	opCall          // call a
	opReturn        // return

	opOpen     // capture a begins
	opClose    // the capture that is open ends
	opFull     // capture a is the last n bytes
	opCloseRun // the capture that is open ends, and its function decides
)

// An instr is one instruction.
type instr struct {
	op op
	c  byte
	n  uint16
	a  int32
}

// A program is what an expression is compiled to.
type program struct {
	code     []instr
	tables   []*table
	texts    []string
	captures []captureInfo
}

// A capture is a sort of capture.
type capture uint8

const (
	capGroup    capture = iota // its values; with a name, for back references and tables
	capPosition                // where it is
	capConst                   // a constant
	capBack                    // the values of the group of that name
	capArg                     // an argument of match
	capSimple                  // its text, then its values
	capTable                   // a table of its values
	capFunction                // what a function returns for its values
	capQuery                   // what a table has for its value
	capString                  // a text with its values filled in
	capNumber                  // one of its values
	capSubst                   // its text with its values in place of theirs
	capFold                    // its values folded by a function
	capRuntime                 // what a function returns while matching
)

// captureInfo is what all captures of one node have in common.
type captureInfo struct {
	kind  capture
	n     int32
	value lua.LValue // of a group: the name, nil without one
	text  string     // of capString

	// How large its tables have been, to make the next one so at once.
	array, hash int
}

// size returns the bytes that p takes, about.
func (p *program) size() int {
	n := 8*len(p.code) + 256*len(p.tables) + 64*len(p.captures)
	for _, t := range p.texts {
		n += 16 + len(t)
	}
	return n
}
