// Package dist_test wants what is installed to be right: the units for systemd, and the
// example configuration for hekad.
package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heka/cmd/hekad/config"
)

// unit reads a unit file: its settings, in their order, by "Section.Key".
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	all, section := map[string][]string{}, ""
	for i, l := range strings.Split(string(b), "\n") {
		key, value, isSetting := strings.Cut(l, "=")
		switch {
		case l == "" || l[0] == '#':
		case l[0] == '[' && strings.HasSuffix(l, "]"):
			section = l[1 : len(l)-1]
		case !isSetting || section == "" || strings.TrimSpace(key) != key:
			t.Errorf("%s:%d: no setting: %q", name, i+1, l)
		default:
			all[section+"."+key] = append(all[section+"."+key], value)
		}
	}
	return all
}

// TestService wants what the daemon is built upon to be in the unit.
func TestService(t *testing.T) {
	u := unit(t, "hekad.service")
	f := func(key, want string) {
		t.Helper()
		if got := strings.Join(u[key], " "); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	f("Service.Type", "notify")
	f("Service.ExecReload", "/usr/bin/hekad reload") // whose exit status says whether it took
	f("Service.KillMode", "mixed")                   // children end when they have delivered
	f("Service.SuccessExitStatus", "75")
	f("Service.RestartPreventExitStatus", "2 78")
	f("Service.OOMPolicy", "continue") // else one child that is too large ends the service
	f("Service.Delegate", "yes")
	f("Service.ProtectControlGroups", "no") // else there is nothing to write limits to
	f("Service.CapabilityBoundingSet", "")
	f("Service.NoNewPrivileges", "yes")
	f("Service.ProtectSystem", "strict")
	f("Service.StateDirectory", "hekad")
	f("Service.StateDirectoryMode", "0700")
	f("Service.Environment", "HEKA_STATE=%S/hekad")
	f("Service.WatchdogSec", "60")
	f("Unit.StartLimitIntervalSec", "0")
	for _, key := range []string{"Service.RestrictNamespaces", "Service.DynamicUser"} {
		if u[key] != nil {
			t.Errorf("%s is set", key)
		}
	}
}

// TestSocket wants nobody beyond this host to be listened to by an example.
func TestSocket(t *testing.T) {
	u := unit(t, "hekad.socket")
	for _, a := range u["Socket.ListenStream"] {
		if !strings.HasPrefix(a, "127.0.0.1:") && !strings.HasPrefix(a, "/") {
			t.Errorf("ListenStream=%s", a)
		}
	}
	if len(u["Socket.FileDescriptorName"]) != 1 {
		t.Errorf("FileDescriptorName=%v", u["Socket.FileDescriptorName"])
	}
}

// TestVerify has systemd look at the units, with a program that is there in hekad's place.
func TestVerify(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed (Debian: systemd); the rules above were looked at")
	}
	dir := t.TempDir()
	names := []string{"hekad.service", "hekad.socket"}
	for i, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		names[i] = filepath.Join(dir, name)
		text := strings.ReplaceAll(string(b), "/usr/bin/hekad", "/bin/true")
		if err := os.WriteFile(names[i], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	analyze := func(args ...string) {
		t.Helper()
		out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	analyze(append([]string{"verify", "--man=no"}, names...)...)
	if _, err := exec.Command("systemd-analyze", "security", "--offline=true", "--help").Output(); err == nil {
		analyze("security", "--no-pager", "--offline=true", "--threshold=30", names[0])
	}
}

// TestLists wants the lines of sysusers and tmpfiles to be of the form that they have.
func TestLists(t *testing.T) {
	f := func(name string, types []string, fields int) {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			if strings.HasPrefix(l, "#") {
				continue
			}
			words := strings.Fields(strings.ReplaceAll(l, `"Heka" `, "Heka "))
			if !slices.Contains(types, words[0]) || len(words) > fields || len(words) < 3 {
				t.Errorf("%s: %q", name, l)
			}
		}
	}
	f("hekad.sysusers", []string{"u", "m"}, 5)
	f("hekad.tmpfiles", []string{"d"}, 6)
}

// build builds heka, which knows all programs.
func build(t *testing.T) string {
	t.Helper()
	heka := filepath.Join(t.TempDir(), "heka")
	if out, err := exec.Command("go", "build", "-o", heka, "heka/cmd/heka").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return heka
}

// explain wants the programs to take the command lines of c.
func explain(t *testing.T, heka string, c *config.Config) {
	t.Helper()
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if n.Foreign {
			continue
		}
		if out, err := exec.Command(heka, "explain", n.Run).CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", n.Name, n.Run, err, out)
		}
	}
}

// TestConfigurations is of the configurations that people start from.
func TestConfigurations(t *testing.T) {
	heka := build(t)
	t.Run("example", func(t *testing.T) { testExample(t, heka) })
	t.Run("manual", func(t *testing.T) { testManual(t, heka) })
}

// testExample wants the example to be read without a mistake, and its commands to be
// taken by the programs; and so with all that is commented out in it.
func testExample(t *testing.T, heka string) {
	text, err := os.ReadFile("hekad.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := func(name, text string, nodes int) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path, config.Options{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if len(c.Nodes) != nodes {
			t.Errorf("%s: %d nodes, want %d", name, len(c.Nodes), nodes)
		}
		explain(t, heka, c)
	}
	f("as-it-is.toml", string(text), 4)
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := strings.ReplaceAll(string(text), "\n# [", "\n[")
	for _, key := range []string{
		"state", "grace", "report", "queue", "isolate", "listen", "token_file", "run", "match", "every",
		"preserve", "rows", "memory", "cpu", "spool",
	} {
		all = strings.ReplaceAll(all, "\n# "+key+" ", "\n"+key+" ")
	}
	all = strings.ReplaceAll(all, "/etc/hekad.token", filepath.Join(dir, "token"))
	f("all.toml", all, 7)
}

// testManual wants each configuration in hekad.toml(5) to be read without a mistake, and
// the tables there to have all keys, and no other.
func testManual(t *testing.T, heka string) {
	b, err := os.ReadFile("../../../man/hekad.toml.5.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	if err := os.WriteFile(keys, []byte("ops_1 secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(text string) error {
		path := filepath.Join(dir, "hekad.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path, config.Options{Environ: func(name string) (string, bool) {
			return keys, name == "KEYS"
		}})
		if err == nil {
			explain(t, heka, c)
		}
		return err
	}
	blocks := strings.Split(string(b), "```toml\n")[1:]
	for _, text := range blocks {
		text, _, _ = strings.Cut(text, "```")
		if err := load(text); err != nil {
			t.Errorf("%v\nin\n%s", err, text)
		}
	}
	if len(blocks) < 6 {
		t.Errorf("%d configurations", len(blocks))
	}
	for heading, section := range map[string]string{
		"### Keys of a node\n": "[a]\nrun = 'heka-out -'\n", "### Keys of [hekad]\n": "[hekad]\n",
	} {
		_, table, _ := strings.Cut(string(b), heading)
		table, _, _ = strings.Cut(table, "\n###")
		err := load(section + "nothingoftheform = 1\n")
		if err == nil {
			t.Fatal("a key that there is not was taken")
		}
		_, hint, ok := strings.Cut(err.Error(), "one of ")
		if !ok {
			t.Fatalf("no list of keys in: %v", err)
		}
		all := strings.Fields(strings.ReplaceAll(hint, "^", " "))
		for _, key := range all {
			if !strings.Contains(table, "\n| `"+key+"` |") {
				t.Errorf("%s: no %s", strings.TrimSpace(heading), key)
			}
		}
		if n := strings.Count(table, "\n| `"); n != len(all) {
			t.Errorf("%s: %d keys, want %d: %v", strings.TrimSpace(heading), n, len(all), all)
		}
	}
}
