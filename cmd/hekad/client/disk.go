package client

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxLooked bounds the files of a state folder that are looked at.
const maxLooked = 100_000

// walk calls f for each regular file below dir, as long as those are not too many.
func walk(dir string, f func(path string, info fs.FileInfo)) {
	n := 0
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is gone by now, or not ours: what can be seen is looked at
		}
		if n++; n > maxLooked {
			return filepath.SkipAll
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			f(path, info)
		}
		return nil
	})
}

// newest returns the file that was written last, by its time.
func newest(dir string) (name string, t time.Time) {
	walk(dir, func(path string, info fs.FileInfo) {
		if info.ModTime().After(t) {
			name, t = path, info.ModTime()
		}
	})
	return name, t
}

// letters looks for dead letters.
func (d *doctor) letters() []finding {
	files, _ := filepath.Glob(filepath.Join(d.state, "dead", "*.heka"))
	var all []finding
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			continue
		}
		node := strings.TrimSuffix(filepath.Base(path), ".heka")
		to := "heka-out ..."
		if d.status != nil {
			if n := find(d.status.Nodes, node); n != nil {
				to = n.Run
			}
		}
		all = append(all, one(warn, node,
			"see why with heka-cat; once it is mended: heka-replay "+path+" | "+to+", and remove the file",
			"%s of dead letters, the last of %s", bytes(info.Size()),
			info.ModTime().UTC().Format(time.RFC3339))...)
	}
	if _, err := os.Stat(d.state); all == nil && err == nil {
		return one(ok, "dead letters", "", "there are none")
	}
	return all
}

// spools looks at the queues on disk.
func (d *doctor) spools() []finding {
	dirs, _ := os.ReadDir(filepath.Join(d.state, "spool"))
	var all []finding
	var held int64
	for _, e := range dirs {
		dir := filepath.Join(d.state, "spool", e.Name())
		var damaged int64
		first := ""
		walk(dir, func(path string, info fs.FileInfo) {
			held += info.Size()
			if strings.HasPrefix(filepath.Base(path), "damaged") {
				damaged++
				if first == "" {
					first = path
				}
			}
		})
		if damaged > 0 {
			all = append(all, one(warn, e.Name(),
				"heka-cat "+first+" shows what can be read; then remove them",
				"what was damaged of its spool is in %s of %s", plural(damaged, "file"), dir)...)
		}
		if d.status != nil && find(d.status.Nodes, e.Name()) == nil {
			all = append(all, one(warn, e.Name(), "heka-replay "+dir+"/*.heka | ..., then remove the folder",
				"there is a spool, and no such node any more: %s", dir)...)
		}
	}
	if all == nil && len(dirs) > 0 {
		return one(ok, "spools", "", "%s in %s", bytes(held), plural(int64(len(dirs)), "spool"))
	}
	return all
}

// positions looks for damage in what sources know of where they are.
func (d *doctor) positions() []finding {
	files, _ := filepath.Glob(filepath.Join(d.state, "positions", "*", "positions.damaged"))
	var all []finding
	for _, path := range files {
		node := filepath.Base(filepath.Dir(path))
		all = append(all, one(warn, node, "it went on from the copy before; remove "+path,
			"its positions were damaged: messages may have come twice")...)
	}
	return all
}
