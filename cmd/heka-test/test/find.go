package test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"heka/lib/session"
	"heka/lib/stage"
)

// sessions returns the paths of the sessions that the arguments name, in folders and
// below them, sorted, as far as pick matches; those of the current folder if there is
// no argument. A file that is named is a session whatever its name.
func sessions(args []string, pick *regexp.Regexp) ([]string, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	var all []string
	for _, arg := range args {
		found, err := below(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, &stage.UsageError{
			Msg:  "no session in " + strings.Join(args, ", "),
			Hint: "a session is a file NAME" + session.Suffix + "; man heka-test says what stands in it",
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	picked := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !pick.MatchString(p) })
	if len(picked) == 0 {
		return nil, &stage.UsageError{
			Msg: fmt.Sprintf("--run %s matches none of the %d sessions, %s is one", pick, len(all), all[0]),
		}
	}
	return picked, nil
}

// below returns the sessions in and below a folder, or the file that arg is. Folders
// whose names start with a dot are left out.
func below(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return nil, err
	}
	root := filepath.Clean(arg)
	if !info.IsDir() {
		return []string{root}, nil
	}
	if link, err := os.Lstat(root); err == nil && !link.IsDir() { // WalkDir follows none
		root += string(filepath.Separator) + "."
	}
	var all []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(d.Name(), session.Suffix):
			all = append(all, filepath.Clean(path))
		}
		return nil
	})
	return all, err
}
