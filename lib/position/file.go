package position

import "path/filepath"

// WriteFile puts data in the place of the file at path, in one step, and returns when
// it is on disk: what is there after a crash is the old file or the new one. The new
// one is made beside it, as path.new, readable by its owner alone.
func WriteFile(path string, data []byte) error {
	d := realDisk{}
	tmp := path + ".new"
	if err := d.create(tmp, data); err != nil {
		return err
	}
	if err := d.rename(tmp, path); err != nil {
		return err
	}
	return d.sync(filepath.Dir(path))
}
