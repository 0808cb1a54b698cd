package dynamic

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// folder is a folder of ours, held open: all in it is reached through its descriptor by
// names without slashes, and no symbolic link in it is followed. So what is done in it
// is done in it, whatever becomes of its path.
type folder struct {
	f *os.File

	// step is called before each step that changes what is on disk, by its name; tests
	// have it fail, or end the process.
	step func(name string) error
}

// openFolder opens the folder at path, or makes it. Its owner, who must run this
// process, alone has access to it from then on.
func openFolder(path string) (*folder, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	d := &folder{f: os.NewFile(uintptr(fd), path), step: func(string) error { return nil }}
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	if err == nil && int(st.Uid) != os.Geteuid() {
		err = fmt.Errorf("folder %s belongs to user %d", path, st.Uid)
	}
	if err == nil && st.Mode&0o077 != 0 {
		err = unix.Fchmod(fd, 0o700)
	}
	if err != nil {
		d.f.Close()
		return nil, err
	}
	return d, nil
}

func (d *folder) Close() error { return d.f.Close() }

func (d *folder) fd() int { return int(d.f.Fd()) }

func (d *folder) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: d.f.Name() + "/" + name, Err: err}
}

// do is one step.
func (d *folder) do(op, name string, f func() error) error {
	err := d.step(op + " " + name)
	if err == nil {
		err = f()
	}
	return d.fail(op, name, err)
}

// write makes a file, which must not be there, and returns when its bytes are on disk.
func (d *folder) write(name string, text []byte) error {
	return d.do("write", name, func() error {
		const how = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
		fd, err := unix.Openat(d.fd(), name, how, 0o600)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), name)
		_, err = f.Write(text)
		if err == nil {
			err = d.step("sync " + name)
		}
		if err == nil {
			err = f.Sync()
		}
		return errors.Join(err, f.Close())
	})
}

// read returns what is in a file, which is an error if it is longer than max bytes.
func (d *folder) read(name string, max int) ([]byte, error) {
	const how = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(d.fd(), name, how, 0)
	if err != nil {
		return nil, d.fail("open", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, int64(max)+1))
	}
	if err == nil && len(text) > max {
		err = fmt.Errorf("longer than %d bytes", max)
	}
	return text, d.fail("read", name, err)
}

// rename puts a file in the place of another, if there is one.
func (d *folder) rename(from, to string) error {
	return d.do("rename", to, func() error { return unix.Renameat(d.fd(), from, d.fd(), to) })
}

// remove removes a file, if it is there.
func (d *folder) remove(name string) error {
	return d.do("remove", name, func() error { return gone(unix.Unlinkat(d.fd(), name, 0)) })
}

// mkdir makes a folder in it.
func (d *folder) mkdir(name string) error {
	return d.do("mkdir", name, func() error { return unix.Mkdirat(d.fd(), name, 0o700) })
}

// removeDir removes a folder in it, if it is there, with the files in that.
func (d *folder) removeDir(name string) error {
	return d.do("rmdir", name, func() error {
		const how = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
		fd, err := unix.Openat(d.fd(), name, how, 0)
		if err != nil {
			return gone(err)
		}
		f := os.NewFile(uintptr(fd), name)
		defer f.Close()
		names, err := f.Readdirnames(-1)
		for _, n := range names {
			err = errors.Join(err, gone(unix.Unlinkat(fd, n, 0)))
		}
		if err != nil {
			return err
		}
		return unix.Unlinkat(d.fd(), name, unix.AT_REMOVEDIR)
	})
}

// gone takes it for no error that there is nothing to remove.
func gone(err error) error {
	if err == unix.ENOENT {
		return nil
	}
	return err
}

// sync returns when the names in the folder are on disk.
func (d *folder) sync() error {
	return d.do("sync", ".", d.f.Sync)
}

// names returns the names in the folder.
func (d *folder) names() ([]string, error) {
	fd, err := unix.Openat(d.fd(), ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, d.fail("open", ".", err)
	}
	f := os.NewFile(uintptr(fd), d.f.Name())
	defer f.Close()
	return f.Readdirnames(-1)
}
