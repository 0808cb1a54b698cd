package sbmgr

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/dynamic"
	"heka/lib/control"
	"heka/lib/stage/stagetest"
)

var update = stagetest.Update(flag.CommandLine)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon loads into a store, as hekad does.
type daemon struct{ *dynamic.Store }

func (d daemon) Load(_ context.Context, f api.Filter) error {
	_, err := d.Add(f)
	return err
}

func (d daemon) Unload(_ context.Context, name string) error { return d.Remove(name) }

const secret = "a secret that nobody sees"

// world is a folder with the files of a sender, and a daemon.
type world struct {
	t       *testing.T
	store   *dynamic.Store
	manager *dynamic.Manager
	to      string
}

func newWorld(t *testing.T, change func(g *config.Global)) *world {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "keys", "ops_1 an old key\nops_2 "+secret+"\neve_1 a key of eve\n")
	write(t, "slow.lua", "function process_message() return 0 end\n")
	g := &config.Global{Hostname: "web1", Keys: filepath.Join(dir, "keys"), Control: "ops"}
	if change != nil {
		change(g)
	}
	store, err := dynamic.Open(filepath.Join(dir, "loaded"), 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dynamic.NewManager(g, store, daemon{store}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		s := m.Server()
		s.Delay = 1
		if err := s.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		m.Close()
		store.Close()
	})
	to := ln.Addr().String()
	write(t, "web1.toml", fmt.Sprintf("ip_address = %q\ntarget = 'web1'\n[signer]\nname = 'ops'\nkey_file = 'keys'\n", to))
	return &world{t: t, store: store, manager: m, to: to}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// call runs heka-sbmgr: a line of words.
func (w *world) call(line string) (status int, out string) {
	w.t.Helper()
	var all bytes.Buffer
	status = run(context.Background(), "heka-sbmgr", strings.Fields(line), &all, &all)
	if strings.Contains(all.String(), secret) {
		w.t.Error("the key is in the output")
	}
	return status, all.String()
}

func (w *world) try(want int, text, line string) {
	w.t.Helper()
	if status, out := w.call(line); status != want || !strings.Contains(out, text) {
		w.t.Errorf("%s: status %d, want %d: %q", line, status, want, out)
	}
}

func TestSbmgr(t *testing.T) {
	w := newWorld(t, nil)
	const at = " --server web1.toml"
	w.try(0, "loaded slow\n", "load slow.lua --match TRUE --every 10s --config limit=2 --config name=\"5\" --memory 4MiB"+at)
	l, _ := w.store.Get("slow")
	if f := l.Filter; f.Signer != "ops" || f.Every != "10s" || f.Memory != "4MiB" ||
		f.Config["limit"] != "2" || f.Config["name"] != `"5"` || f.TimerAtEnd || f.Preserve {
		t.Errorf("%+v", f)
	}
	w.try(1, "refused by web1: slow is already running; unload it, or replace it", "load slow.lua --match TRUE"+at)
	w.try(0, "loaded slow\n", "load slow.lua --replace --preserve --timer-at-end --match Type=='a'"+at)
	if l, _ = w.store.Get("slow"); !l.Filter.Preserve || !l.Filter.TimerAtEnd || l.Filter.Match != "Type=='a'" {
		t.Errorf("%+v", l.Filter)
	}
	w.try(0, "loaded a_b\n", "load slow.lua --name a-b --match TRUE"+at)
	w.try(0, "loaded http_status\n", "load http_status --match TRUE"+at)
	w.try(0, "NAME         LOADED", "list"+at)
	w.try(0, `{"name":"slow","match":"Type=='a'"`, "list --json"+at)
	w.try(0, "unloaded a_b\n", "unload a-b"+at)
	w.try(1, `refused by web1: no filter "a-b" is loaded`, "unload a-b"+at)
	w.try(1, `refused by web1: signer "eve" may not control this daemon`, "list --signer eve"+at)
	w.try(1, `refused by web1: it is for "web2", and this daemon is "web1"`, "list --target web2"+at)
	write(t, "keys", "ops_1 an old key\nops_2 "+secret+"\nops_3 not the daemon's yet\n")
	os.Rename("keys", "mine")
	write(t, "keys", "ops_2 "+secret+"\n")
	w.try(1, "refused: the signature was not accepted: the daemon's log says why (the answer is not signed)",
		"list --key-file mine"+at)
	w.try(1, "the signature was not accepted", "list --key-file mine --key-version 1"+at)
	w.try(0, "NAME", "list --key-file mine --key-version 2"+at)
	w.try(0, "NAME", "list --signer ops --key-file keys --target web1 --to "+w.to)
	t.Setenv("HEKA_SERVER", "web1.toml")
	w.try(0, "NAME", "list")
}

// TestHeka: command lines and files of Heka's heka-sbmgr.
func TestHeka(t *testing.T) {
	w := newWorld(t, func(g *config.Global) { g.OldHmac = []string{"sha1"} })
	const signer = "[signer]\nname = 'ops'\nversion = 2\nhmac_key = '" + secret + "'\n"
	write(t, "sbmgr.toml", fmt.Sprintf("ip_address = %q\nuse_tls = false\n%shmac_hash = 'sha1'\n", w.to, signer))
	write(t, "new.toml", fmt.Sprintf("ip_address = %q\ntarget = 'web1'\n%s", w.to, signer))
	write(t, "md5.toml", fmt.Sprintf("ip_address = %q\n%shmac_hash = 'md5'\n", w.to, signer))
	write(t, "slow.toml", "[slow]\ntype = 'SandboxFilter'\nmessage_matcher = 'TRUE'\nticker_interval = 1\n"+
		"filename = '/etc/passwd'\n")
	w.try(0, "loaded slow\n", "-action=load -script=slow.lua -scriptconfig slow.toml")
	w.try(0, "unloaded slow\n", "-config=sbmgr.toml -action unload -filtername=slow")
	w.try(0, "loaded slow\n", "--config new.toml --action load --script slow.lua --scriptconfig slow.toml")
	w.try(0, "slow", "--config new.toml --action list")
	w.try(1, "the signature was not accepted", "--config md5.toml --action unload --filtername slow")
	w.try(1, `no filter "x" is loaded`, "-action unload -filtername x")
	if err := os.Chmod("new.toml", 0o640); err != nil {
		t.Fatal(err)
	}
	w.try(78, "", "--config new.toml --action list")
}

// parsed returns the mistakes of a command line.
func parsed(t *testing.T, line string) string {
	t.Helper()
	o, err := parse("heka-sbmgr", strings.Fields(line), &bytes.Buffer{})
	if err == nil {
		t.Errorf("%s: %+v", line, o)
		return ""
	}
	return err.Error()
}

func TestMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.lua", "x = 1")
	write(t, "bad.lua", "x x")
	write(t, "keys", "ops_1 k\n")
	write(t, "typo.toml", "ip_adress = 'x'\n[signer]\nhmac_key = '"+secret+"'\n")
	write(t, "bad.toml", "ip_address = 5 "+secret+"\n")
	write(t, "hash.toml", "ip_address = 'h:1'\n[signer]\nname = 'ops'\nhmac_hash = 'crc'\nkey_file = 'keys'\n")
	f := func(want, line string) {
		t.Helper()
		if got := parsed(t, line); !strings.Contains(got, want) || strings.Contains(got, secret) {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	f("no command is given", "")
	f("no command lod; did you mean load?", "lod")
	f("load: 0 words; want one script", "load")
	f("unload: 2 words; want the name of one filter", "unload a b")
	f("list: 1 words; want no words", "list a")
	f("unknown flag: --match", "list --match TRUE")
	f("no such file", "load none.lua --match TRUE")
	f("bad.lua:1: syntax error", "load bad.lua --match TRUE")
	f("--match is missing", "load a.lua")
	f("--match: character 1", "load a.lua --match nonsense")
	f("--every x: want a duration", "load a.lua --every x")
	f("--config x: no value", "load a.lua --config x")
	f("--to : want HOST:PORT", "list")
	f("--to x: want HOST:PORT", "list --to x")
	f("--signer is missing", "list")
	f("--key-file is missing", "list")
	f("--timeout -1s: want more than 0", "list --timeout -1s")
	f("--to 10.0.0.1:5: the command names the daemon it is for", "list --to 10.0.0.1:5")
	f("no such file", "list --to a:5 --signer ops --key-file none")
	f("keys keys: no key ops_2", "list --to a:5 --signer ops --key-file keys --key-version 2")
	f("keys keys: no key of dev", "list --to a:5 --signer dev --key-file keys")
	f("typo.toml:1:1: no option ip_adress is known", "list --server typo.toml")
	f("bad.toml:1:", "list --server bad.toml")
	f("hash.toml: hmac_hash: hash function \"crc\"", "list --server hash.toml")
	f("--action \"x\" is not known", "--action x")
	f("a: no word is wanted here", "--action list a")
	f("--action load needs --script and --scriptconfig", "--action load --script a.lua")
	f("--action unload needs --filtername", "--action unload")
	f("no such file", "--action list")
}

// TestTLS: a daemon behind TLS, whose certificate must be known.
func TestTLS(t *testing.T) {
	w := newWorld(t, nil)
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, DNSNames: []string{"web1"},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, pub, priv)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: priv}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := w.manager.Server().Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	write(t, "tls.toml", fmt.Sprintf("ip_address = %q\ntarget = 'web1'\nuse_tls = true\n[signer]\n"+
		"name = 'ops'\nkey_file = 'keys'\n[tls]\nserver_name = 'web1'\n", ln.Addr()))
	w.try(69, "certificate signed by unknown authority", "list --server tls.toml")
	w.try(0, "loaded slow", "load slow.lua --match TRUE --server tls.toml --tls-ca ca.pem")
	w.try(69, "", "list --tls --to "+w.to+" --server tls.toml --tls-ca ca.pem")
	w.try(78, "", "list --server tls.toml --tls-ca keys")
	w.try(78, "", "list --server tls.toml --tls-cert ca.pem --tls-key keys")
}

// TestTarget: a daemon is called by its name, never by a guess.
func TestTarget(t *testing.T) {
	self, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	f := func(to, want string) {
		t.Helper()
		got, err := (&server{to: to}).targetName()
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", to, got, want)
		}
	}
	f("web1:5", "web1")
	f("web1.example:5", "web1.example")
	f("localhost:5", self)
	f("127.0.0.1:5", self)
	f("[::1]:5", self)
	f(":5", self)
	f("10.0.0.1:5", "error")
	f("[fe80::1]:5", "error")
}

// TestPrintable: what another machine says does not reach the terminal as it is.
func TestPrintable(t *testing.T) {
	o := &order{command: control.Command{Action: control.List}}
	var out, errs bytes.Buffer
	text := "{\"name\":\"a\",\"match\":\"Type == '\\u001b[31m'\",\"problem\":\"\\u009b\"}\n"
	o.tell("x", control.Answer{Result: control.Done, Text: text}, &out, &errs)
	o.tell("x", control.Answer{Result: control.Done, Text: "\x1b[2J no JSON\r"}, &out, &errs)
	o.tell("x", control.Answer{Result: control.Refused, Text: "\x1b[2J", Hostname: "\x1b"}, &out, &errs)
	if all := out.String() + errs.String(); strings.ContainsAny(all, "\x1b\r\u009b") || !strings.Contains(all, `\x1b[31m`) {
		t.Errorf("%q", all)
	}
}

// TestOptions wants the manual to have every flag, with the text of the help.
func TestOptions(t *testing.T) {
	doc, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "\n## OPTIONS\n")
	new(flags).declare("help").VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		want := "**--" + f.Name + "**"
		if value != "" {
			want += " *" + value + "*"
		}
		if want += "\n: " + text; !strings.Contains(list, "\n"+want) {
			t.Errorf("the README has no %q", want)
		}
	})
}

// TestExamples runs those of the manual.
func TestExamples(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "heka/cmd/heka-sbmgr")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	stagetest.Golden(t, "../README.md", "../testdata", bin, *update)
}
