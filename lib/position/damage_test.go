package position

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDamage does to a store with copies at offsets 10 and 5 what people and disks do, and
// looks at what Open makes of it.
func TestDamage(t *testing.T) {
	write := func(name, text string) func(dir string) {
		return func(dir string) { must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)) }
	}
	remove := func(name string) func(dir string) {
		return func(dir string) { must(t, os.Remove(filepath.Join(dir, name))) }
	}
	all := func(do ...func(dir string)) func(dir string) {
		return func(dir string) {
			for _, f := range do {
				f(dir)
			}
		}
	}
	nuls := string(make([]byte, 300))
	none := "no copy of the positions is whole"

	// f wants offset (-1: first run, -2: lost), a text in the log, and a damaged file kept.
	f := func(name string, offset int64, log, kept string, do func(dir string)) {
		t.Helper()
		dir := t.TempDir()
		saveTwice(t, dir)
		do(dir)
		s, out := mustOpen(t, dir)
		if got := offsetOf(s); got != offset {
			t.Errorf("%s: offset %d, want %d", name, got, offset)
		}
		if log == "" && out.Len() > 0 || !strings.Contains(out.String(), log) {
			t.Errorf("%s: logged %s", name, out)
		}
		if s.Damaged() != strings.Contains(out.String(), "level=ERROR") {
			t.Errorf("%s: damaged %v, logged %s", name, s.Damaged(), out)
		}
		b, _ := os.ReadFile(filepath.Join(dir, damagedName))
		if string(b) != kept {
			t.Errorf("%s: kept %q, want %q", name, b, kept)
		}
		if slices.Contains(strings.Fields(names(t, dir)), newName) {
			t.Errorf("%s: %s is left", name, newName)
		}
		must(t, s.Close())
		again, out := mustOpen(t, dir)
		same := offsetOf(again) == offset && out.Len() == 0
		if offset >= 0 && !same || again.Fresh() || again.Damaged() {
			t.Errorf("%s: then %d, fresh %v, logged %s", name, offsetOf(again), again.Fresh(), out)
		}
	}
	old := string(line("heka-positions 0 1 0 "))
	f("nothing", 10, "", "", all())
	f("empty", 5, "using the other copy", "", write(currentName, ""))
	f("NULs", 5, "using the other copy", nuls, write(currentName, nuls))
	f("version 0", 5, "format version 0 is not known", old, write(currentName, old))
	f("another program's", 5, "using the other copy", "{}", write(currentName, "{}"))
	f("removed", 5, "using the other copy", "", remove(currentName))
	f("old is NULs", 10, "positions damaged", nuls, write(oldName, nuls))
	f("old removed", 10, "", "", remove(oldName))
	f("both NULs", -2, none, nuls, all(write(currentName, nuls), write(oldName, "\x00")))
	f("NULs and removed", -2, none, nuls, all(write(currentName, nuls), remove(oldName)))
	f("removed and NULs", -2, none, nuls, all(remove(currentName), write(oldName, nuls)))
	f("both removed", -2, "positions are gone", "", all(remove(currentName), remove(oldName)))
	f("all removed", -1, "", "", all(remove(currentName), remove(oldName), remove(lockName)))
	f("the lock removed", 10, "", "", remove(lockName))
	f("rest of a write", 10, "", "", write(newName, "heka-posi"))
	f("whole and older", 10, "", "", write(newName, string(encode(1, nil))))
	f("whole and newer", 50, "", "", write(newName, string(encode(9, []Record{{ID: 1, Offset: 50}}))))
	f("swapped", 10, "using the other copy", "", func(dir string) {
		must(t, os.Rename(filepath.Join(dir, currentName), filepath.Join(dir, "x")))
		must(t, os.Rename(filepath.Join(dir, oldName), filepath.Join(dir, currentName)))
		must(t, os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, oldName)))
	})
	f("symbolic link", 10, "", "", func(dir string) {
		must(t, os.Rename(filepath.Join(dir, currentName), filepath.Join(dir, "elsewhere")))
		must(t, os.Symlink("elsewhere", filepath.Join(dir, currentName)))
	})
}

// TestOneRecordDamaged: the others keep their newest position, that one goes back by a Save.
func TestOneRecordDamaged(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir)
	for _, offset := range []int64{5, 10} {
		for id := range uint64(4) {
			s.Put(Record{ID: id, Offset: offset})
		}
		must(t, s.Save())
	}
	must(t, s.Close())
	spoil(t, dir, currentName)
	s, log := mustOpen(t, dir)
	for id, want := range []int64{10, 10, 10, 5} {
		if r, ok := s.Get(uint64(id)); !ok || r.Offset != want {
			t.Errorf("record %d: %+v, %v; log %s", id, r, ok, log)
		}
	}
	if s.Damaged() || !strings.Contains(log.String(), "checksum is wrong") {
		t.Errorf("damaged %v, logged %s", s.Damaged(), log)
	}
}

// TestNeverSaved: a program that was killed before its first Save leaves a first run.
func TestNeverSaved(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustOpen(t, dir)
	must(t, s.lock.Close())
	s.lock = nil
	if s, _ = mustOpen(t, dir); !s.Fresh() {
		t.Error("no first run")
	}
	must(t, s.Close())
	if s, _ = mustOpen(t, dir); s.Fresh() {
		t.Error("a first run twice")
	}
}
