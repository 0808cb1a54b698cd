// Package wall puts walls around a process that runs what others wrote: a bound on its
// memory, no files but those it needs, no network, no new privileges, no other
// programs. They stand until the process ends.
//
// Enter is called early, before anything is opened. It puts up the walls that hold
// for one thread alone, and starts the program anew, in the same process: so all of
// its threads stand behind them. Called again there, it puts up the rest and returns.
//
// The kernel builds them: setrlimit(2) for memory, landlock(7) for files and, from
// Linux 6.7 on, TCP, seccomp(2) for sockets and programs. What a kernel does not have
// is left out, and elsewhere than on Linux there are none.
package wall

// Wall says what a process may do.
type Wall struct {
	// Memory is the most bytes of data the process may have, of which the program
	// takes about 60 MB for itself; 0: any.
	Memory int64

	// Read are files and folders that may be read, with all below. Those of Write may
	// be read and written, and files be made and removed in their folders.
	Read, Write []string
}

// Walled is implemented by stages that want their process walled.
type Walled interface {
	// Wall returns what the stage needs; it is called before Run.
	Wall() Wall
}

// Join returns the wall for a process that needs all of several: the largest memory,
// and the files of all.
func Join(walls []Wall) Wall {
	var all Wall
	for _, w := range walls {
		all.Memory = max(all.Memory, w.Memory)
		all.Read = append(all.Read, w.Read...)
		all.Write = append(all.Write, w.Write...)
	}
	for _, w := range walls {
		if w.Memory == 0 {
			all.Memory = 0
		}
	}
	return all
}

const (
	// base is what a program has room for beside the values of a script. Less than
	// 128 MB of data, and Go's runtime does not start.
	base = 160 << 20

	// perByte is how many bytes of this process a byte of Lua 5.1 takes, at most: the
	// limits of scripts are counted in the latter.
	perByte = 10
)

// Room returns the Memory for a script that may have limit bytes of values; 0, none,
// for 0.
func Room(limit int) int64 {
	if limit == 0 {
		return 0
	}
	return base + perByte*int64(limit)
}
