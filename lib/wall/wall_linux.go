//go:build linux && (amd64 || arm64)

package wall

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mark is the environment variable that tells the program that it was started anew:
// it holds the id of the process, which stays.
const mark = "HEKA_WALLED"

// Enter puts the walls up: see the package comment. It returns in the program that was
// started anew, or with an error. Nothing must be open by then but what the program
// inherited.
func (w Wall) Enter() error {
	if os.Getenv(mark) == strconv.Itoa(os.Getpid()) {
		return denyCalls()
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("walls: %w", err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("walls: no new privileges: %w", err)
	}
	if err := w.limitMemory(); err != nil {
		return err
	}
	if err := w.restrictFiles(exe); err != nil {
		return err
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, mark+"=") })
	env = append(env, mark+"="+strconv.Itoa(os.Getpid()))
	return fmt.Errorf("walls: start %s anew: %w", exe, unix.Exec(exe, os.Args, env))
}

func (w Wall) limitMemory() error {
	if w.Memory == 0 || raced {
		return nil
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &old); err != nil {
		return fmt.Errorf("walls: memory: %w", err)
	}
	most := min(uint64(w.Memory), old.Max)
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("walls: memory: %w", err)
	}
	return nil
}

// systemFiles may be read by all: what the program itself is made of, and time zones.
var systemFiles = []string{
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/localtime",
	"/usr/share/zoneinfo", "/proc/self", "/sys/kernel/mm/transparent_hugepage",
}

// Rights of landlock. Those to start programs are not among them: it is the program
// itself that must be started, and denyCalls sees to the rest.
const (
	readRights = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	fileRights = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE
	writeRights = readRights | fileRights | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE
	otherRights = unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM
)

// restrictFiles leaves this thread, and the program that it starts, the files of w.
func (w Wall) restrictFiles(exe string) error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0,
		unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || version == 0 {
		return nil // this kernel has no landlock
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: writeRights | otherRights}
	size := unsafe.Offsetof(attr.Quiet_access_fs)
	switch {
	case version < 3:
		attr.Handled_access_fs &^= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		size = unsafe.Offsetof(attr.Handled_access_net)
	case version < 4:
		size = unsafe.Offsetof(attr.Handled_access_net)
	case version < 6:
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size = unsafe.Offsetof(attr.Scoped)
	default:
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("walls: files: %w", errno)
	}
	defer unix.Close(int(fd))
	r := ruleset{fd: int(fd), handled: attr.Handled_access_fs}
	if err := r.fill(w, exe); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("walls: files: %w", errno)
	}
	return nil
}

type ruleset struct {
	fd      int
	handled uint64
}

func (r ruleset) fill(w Wall, exe string) error {
	errs := []error{r.allow(exe, readRights), r.allow("/dev/null", fileRights)}
	for _, path := range systemFiles {
		errs = append(errs, r.allow(path, readRights))
	}
	for _, path := range w.Read {
		errs = append(errs, r.allow(path, readRights))
	}
	for _, path := range w.Write {
		errs = append(errs, r.allow(filepath.Dir(path), writeRights))
	}
	return errors.Join(errs...)
}

// allow gives rights on what is at path, and below it; on nothing if nothing is there.
func (r ruleset) allow(path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("walls: %s: %w", path, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= fileRights
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: rights & r.handled, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd),
		unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("walls: %s: %w", path, errno)
	}
	return nil
}
