package position

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if records, fresh, err := Look(dir, nil); len(records) > 0 || !fresh || err != nil {
		t.Fatal(records, fresh, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := Record{ID: 1, Stream: "a", Offset: 7}
	s.Put(want)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	records, fresh, err := Look(dir, nil) // while the store is in use
	if err != nil || fresh || !slices.Equal(records, []Record{want}) {
		t.Error(records, fresh, err)
	}
	os.WriteFile(filepath.Join(dir, currentName), []byte("damaged"), 0o600)
	if _, fresh, err := Look(dir, nil); fresh || err != nil {
		t.Error(fresh, err)
	}
	os.WriteFile(filepath.Join(dir, currentName), []byte(before[currentName]), 0o600)
	if after := tree(t, dir); len(after) != len(before) {
		t.Errorf("%d files, were %d", len(after), len(before))
	}
}

// tree returns the contents of the files in dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}
