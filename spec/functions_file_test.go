package spec

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestFileFunctions(t *testing.T) {
	context := fileContext(t, map[string]string{
		"prompts.csv":     "id,prompt\n1,a cat\n2,a dog\n",
		"text/hello.txt":  "Hello, ☃!\n",
		"latin1.txt":      "caf\xe9",
		"img/b.png":       "\x89PNG",
		"img/a.png":       "x",
		"img/deep/c.png":  "x",
		"img/notes.md":    "x",
		"img/[odd].png":   "x",
		"../outside.txt":  "secret",
		"../outside/x.md": "secret",
	})
	for _, c := range []functionCase{
		{`file("text/hello.txt")`, `"Hello, ☃!\n"`},
		{`file("./text/../text/hello.txt")`, `"Hello, ☃!\n"`},
		{`csvdecode(file("prompts.csv"))[1].prompt`, `"a dog"`},
		{`file("latin1.txt")`, `error:not valid UTF-8`},
		{`file("missing.txt")`, `error:no such file`},
		{`file("text")`, `error:not a regular file`},
		{`file("text/hello.txt/x")`, `error:"text/hello.txt/x"`},
		{`file("")`, `error:path is empty`},
		{`file("a\u0000b")`, `error:invalid argument`},
		{`file("../outside.txt")`, `error:leads out of`},
		{`file("text/../../outside.txt")`, `error:leads out of`},
		{`file("/etc/passwd")`, `error:is absolute`},
		{`file("link-out.txt")`, `error:symbolic link leads out`},
		{`file("link-dir/x.md")`, `error:symbolic link leads out`},
		{`file("link-in.txt")`, `"Hello, ☃!\n"`},
		{`filebase64("img/b.png")`, `"iVBORw=="`},
		{`filebase64("latin1.txt")`, `"Y2Fm6Q=="`},
		{`filebase64("../outside.txt")`, `error:leads out of`},
		{`fileexists("text/hello.txt")`, `true`},
		{`fileexists("missing.txt")`, `false`},
		{`fileexists("missing/missing.txt")`, `false`},
		{`fileexists("text")`, `error:not a regular file`},
		{`fileexists("../outside.txt")`, `error:leads out of`},
		{`fileexists("link-out.txt")`, `error:symbolic link leads out`},
		{`filemd5("img/a.png")`, `"9dd4e461268c8034f5c8564e155c67a6"`},
		{`filemd5("latin1.txt")`, `"961f50f6282239d09e48f812c1ca7276"`},
		{`filemd5("../outside.txt")`, `error:leads out of`},
		{`filesha1("img/a.png")`, `"11f6ad8ec52a2984abaafd7c3b516503785c2072"`},
		{`filesha1("latin1.txt")`, `"d2f52bc4406898fc722c0b4e314f9b46fc85cde4"`},
		{`filesha1("../outside.txt")`, `error:leads out of`},
		{`filesha256("img/a.png")`, `"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"`},
		{`filesha256("latin1.txt")`, `"dafd66c0b98965e688be1fc12942c09f0350e6be0685017c3f234e97d0adc92e"`},
		{`filesha256("../outside.txt")`, `error:leads out of`},
		{`filesha512("img/a.png")`, `"a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238bc13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62"`},
		{`filesha512("latin1.txt")`, `"b7e53edcb00eb58d70fda6054dc63adad0328e1ec6209b2fba9961b6a07fc2f2db9431800d185a79339739eea6d38acc49b6a0e30db00897bc1ea988b64b8c4a"`},
		{`filesha512("../outside.txt")`, `error:leads out of`},
		{`filebase64sha256("img/a.png")`, `"LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="`},
		{`filebase64sha256("latin1.txt")`, `"2v1mwLmJZeaIvh/BKULAnwNQ5r4GhQF8PyNOl9CtyS4="`},
		{`filebase64sha256("../outside.txt")`, `error:leads out of`},
		{`filebase64sha512("img/a.png")`, `"pKvURIxJVi2CgRXROh/M6pJ/UrTVRZKX+LQ+QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr+Yg=="`},
		{`filebase64sha512("latin1.txt")`, `"t+U+3LAOtY1w/aYFTcY62tAyjh7GIJsvuplhtqB/wvLblDGADRhaeTOXOe6m04rMSbag4w2wCJe8HqmItkuMSg=="`},
		{`filebase64sha512("../outside.txt")`, `error:leads out of`},
		{`fileset("img", "*.png")`, `["[odd].png","a.png","b.png"]`},
		{`fileset("img", "**/*.png")`, `["[odd].png","a.png","b.png","deep/c.png"]`},
		{`fileset(".", "img/**")`, `["img/[odd].png","img/a.png","img/b.png","img/deep/c.png","img/notes.md"]`},
		{`fileset("./img", "./{a,b}.*")`, `["a.png","b.png"]`},
		{`fileset("img", "deep")`, `[]`},
		{`fileset(".", "link-*")`, `["link-in.txt"]`},
		{`fileset(".", "**/hello.txt")`, `["text/hello.txt"]`}, // not again and again through the link "loop"
		{`fileset("missing", "*")`, `[]`},
		{`fileset(".", "[")`, `error:malformed`},
		{`fileset("..", "*")`, `error:leads out of`},
		{`fileset(".", "../*")`, `error:leads out of`},
		{`fileset("img", "x/../../../*")`, `error:leads out of`},
		{`fileset(".", "/etc/*")`, `error:leads out of`},
	} {
		t.Run(c.expr, func(t *testing.T) { checkFunctionCase(t, context, c) })
	}
}

func TestTemplatefile(t *testing.T) {
	context := fileContext(t, map[string]string{
		"plain.tftpl":      "no variables",
		"prompt.tftpl":     "a ${upper(style)} \"cat\"%{ for c in colours } ${c}%{ endfor }",
		"value.tftpl":      "${list}",
		"nested.tftpl":     `${templatefile("plain.tftpl", {})}`,
		"self.tftpl":       `${templatefile("self.tftpl", {})}`,
		"broken.tftpl":     "a\n${",
		"fails.tftpl":      "a\n${tonumber(x)}",
		"reads.tftpl":      `${file("plain.tftpl")}`,
		"volatile.tftpl":   `${timestamp()}`,
		"latin1.tftpl":     "caf\xe9",
		"../outside.tftpl": "x",
	})
	for _, c := range []functionCase{
		{`templatefile("plain.tftpl", {})`, `"no variables"`},
		{`templatefile("prompt.tftpl", { style = "noir", colours = ["red", "blue"] })`, `"a NOIR \"cat\" red blue"`},
		{`templatefile("prompt.tftpl", tomap({ style = "noir" }))`, `error:"colours" at`},
		{`templatefile("prompt.tftpl", {})`, `error:prompt.tftpl:1,11`},
		{`templatefile("value.tftpl", { list = [1, 2] })`, `[1,2]`},
		{`templatefile("reads.tftpl", {})`, `"no variables"`},
		{`templatefile("nested.tftpl", {})`, `error:templatefile`},
		{`templatefile("self.tftpl", {})`, `error:templatefile`},
		{`templatefile("broken.tftpl", {})`, `error:broken.tftpl:2`},
		{`templatefile("fails.tftpl", { x = "y" })`, `error:fails.tftpl:2`},
		{`templatefile("latin1.tftpl", {})`, `error:not valid UTF-8`},
		{`templatefile("missing.tftpl", {})`, `error:no such file`},
		{`templatefile("../outside.tftpl", {})`, `error:leads out of`},
		{`templatefile("plain.tftpl", [])`, `error:must be an object`},
		{`templatefile("plain.tftpl", { "a b" = 1 })`, `error:"a b"`},
	} {
		t.Run(c.expr, func(t *testing.T) { checkFunctionCase(t, context, c) })
	}
	for expr, mark := range map[string]mark{
		`templatefile("prompt.tftpl", { style = sensitive("x"), colours = [] })`: sensitiveMark,
		`templatefile(sensitive("plain.tftpl"), {})`:                             sensitiveMark,
		`templatefile("volatile.tftpl", {})`:                                     volatileMark,
	} {
		if value, diags := parseExpr(t, expr).Value(context); diags.HasErrors() || !hasMarkDeep(value, mark) {
			t.Errorf("%s has no mark %q: %#v, %v", expr, mark, value, diags)
		}
	}
}

func TestFileSizesAreBounded(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int64{"full": 1 << 20, "over": maxFile + 1, "template": maxTemplate + 1} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Truncate(size); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	context := functionContext(dir)
	for _, c := range []functionCase{
		{`length(filebase64("over"))`, `error:larger than 64 MiB`},
		{`length(file("over"))`, `error:larger than 64 MiB`},
		{`fileexists("full")`, `true`},
		{`templatefile("template", {})`, `error:larger than 10 MiB`},
	} {
		checkFunctionCase(t, context, c)
	}
	if content, err := newFileReader(dir).read("full", 1<<20); err != nil || len(content) != 1<<20 {
		t.Errorf("a file of just the limit: %d bytes, %v", len(content), err)
	}
	if _, err := newFileReader(dir).read("full", 1<<20-1); err == nil {
		t.Error("a file of a byte too much is read")
	}
}

func TestDigestsOfAllFilesReadAreNoted(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.txt": "hello world", "sub/b.bin": "\xff", "c.tftpl": "", "unread.txt": "x"})
	files := newFileReader(dir)
	context := &hcl.EvalContext{Functions: functions(dir, files)}
	for _, expr := range []string{
		`file("a.txt")`, `file("./sub/../a.txt")`, `filebase64("sub/b.bin")`, `templatefile("c.tftpl", {})`,
		`fileexists("unread.txt")`, `fileset(".", "**")`,
	} {
		if _, diags := parseExpr(t, expr).Value(context); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	want := map[string]string{
		"a.txt":     "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
		"sub/b.bin": "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89",
		"c.tftpl":   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}
	got := files.digests()
	if !maps.Equal(got, want) {
		t.Errorf("digests are %v, want %v", got, want)
	}
	got["a.txt"] = "changed by the caller"
	if files.digests()["a.txt"] != want["a.txt"] {
		t.Error("the caller was given the reader's own map")
	}
}

func TestAFileThatChangesDuringARunIsAnError(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.txt": "one"})
	context := functionContext(dir)
	checkFunctionCase(t, context, functionCase{`file("a.txt")`, `"one"`})
	checkFunctionCase(t, context, functionCase{`file("a.txt")`, `"one"`})
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	checkFunctionCase(t, context, functionCase{`file("a.txt")`, `error:changed since it was read`})
}

func TestFilesMayBeReadConcurrently(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	contents := map[string]string{}
	for _, name := range names {
		contents[name] = strings.Repeat(name, 1000)
	}
	files := newFileReader(writeFiles(t, contents))
	var readers sync.WaitGroup
	for i := range 40 {
		readers.Go(func() {
			if _, err := files.text(names[i%len(names)], maxFile); err != nil {
				t.Error(err)
			}
			files.digests()
		})
	}
	readers.Wait()
	if got := slices.Sorted(maps.Keys(files.digests())); !slices.Equal(got, names) {
		t.Errorf("digests of %v", got)
	}
}

func FuzzFilePathsStayInside(f *testing.F) {
	for _, seed := range []string{"a.txt", "../secret.txt", "sub/../../secret.txt", "/etc/passwd", "link/secret.txt", `..\secret.txt`, "", ".", "a\x00b"} {
		f.Add(seed)
	}
	parent := f.TempDir()
	dir := filepath.Join(parent, "config")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(parent, "secret.txt"), []byte("secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	if err := os.Symlink(parent, filepath.Join(dir, "link")); err != nil {
		f.Skip(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if content, err := newFileReader(dir).read(path, maxFile); err == nil {
			t.Errorf("path %q gives %q; the directory holds no file", path, content)
		}
	})
}

// fileContext has functions that see the files, and beside them links into and
// out of their directory and a link in circles.
func fileContext(t *testing.T, files map[string]string) *hcl.EvalContext {
	t.Helper()
	dir := writeFiles(t, files)
	for name, target := range map[string]string{
		"link-out.txt": "../outside.txt",
		"link-dir":     "../outside",
		"link-in.txt":  "text/hello.txt",
		"loop":         ".",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	return functionContext(dir)
}

// writeFiles makes the files below a directory of their own; names may begin
// with "../" to stand beside it.
func writeFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "config")
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
