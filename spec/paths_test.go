package spec

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestKeysBecomeSafeNamesThatDiffer(t *testing.T) {
	keys := []string{
		"a:b", "a?b", "a*b", "a_b", `a"b`, "a\x00b", "a\u202eb", "CON", "con.txt", "COM1", "lpt9 .x", "com10",
		".", "..", "...", ".a", "a.", "a ", " a", "\u00a0", strings.Repeat("x", 4000), strings.Repeat("x", 4001),
		strings.Repeat("é", 150), strings.Repeat("é", 151), "日本語", "👩‍👩‍👧", "~a", "a%b", "_CON",
	}
	seen := make(map[string]string)
	for _, key := range keys {
		name := safeSegment(key)
		if err := checkPath("out/" + name + "-0.png"); err != nil {
			t.Errorf("%q becomes %q: %v", clip(key, 20), name, err)
		}
		if !utf8.ValidString(name) || len(name) > 220 || name == "" {
			t.Errorf("%q becomes %q, %d bytes", clip(key, 20), name, len(name))
		}
		if name != safeSegment(key) {
			t.Errorf("%q gives two names", key)
		}
		if other, ok := seen[strings.ToLower(name)]; ok {
			t.Errorf("%q and %q both become %q", clip(key, 20), clip(other, 20), name)
		}
		seen[strings.ToLower(name)] = key
	}
	for _, plain := range []string{"cat", "v1.5", "日本語", "a b", "com10", "console"} {
		if got := safeSegment(plain); got != plain {
			t.Errorf("%q is altered to %q for no reason", plain, got)
		}
	}
}

func FuzzSafeSegment(f *testing.F) {
	for _, seed := range []string{"cat", "..", "a:b", "NUL.x", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if name := safeSegment(key); utf8.ValidString(key) && key != "" {
			if err := checkPath("out/" + name + "-0.png"); err != nil {
				t.Errorf("%q becomes %q: %v", key, name, err)
			}
		}
	})
}

func TestLaterFilesGetANumberUnlessTheTemplateHasOne(t *testing.T) {
	s := load(t, `
task "plain" {
  model  = "nano-banana"
  input  = {}
  output = "x/${self.key}.${result.ext}"
}
task "numbered" {
  for_each = { a = "left" }
  model    = "nano-banana"
  input    = {}
  output   = "${each.value}/./${result.index + 1}-${each.key}.${result.ext}"
}
task "default" {
  count = 1
  model = "nano-banana"
  input = {}
}`)
	for address, want := range map[string]string{
		"task.plain":         "x/plain.png x/plain-1.jpg x/plain-2.png",
		`task.numbered["a"]`: "left/1-a.png left/2-a.jpg left/3-a.png",
		"task.default[0]":    "out/default/0-0.png out/default/0-1.jpg out/default/0-2.png",
	} {
		paths, err := instance(t, s, address).OutputPaths([]string{"png", "jpg", "png"})
		if got := strings.Join(paths, " "); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", address, got, err, want)
		}
	}
}

func TestPathsOfOneResultMustDiffer(t *testing.T) {
	s := load(t, `
task "t" {
  model  = "nano-banana"
  input  = {}
  output = "x-${result.index > 0 ? 1 : 0}.${result.ext}"
}`)
	if paths, err := s.Instances[0].OutputPaths([]string{"png", "png", "png"}); err == nil {
		t.Errorf("got %v", paths)
	}
}
