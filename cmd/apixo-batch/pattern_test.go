package main

import (
	"path"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/task"
)

func TestPatternsSelectInstances(t *testing.T) {
	cat := task.Address{Name: "hero", Key: task.TextKey("cat/noir/1")}
	third := task.Address{Name: "shot", Key: task.IndexKey(3)}
	for _, test := range []struct {
		pattern string
		address task.Address
		want    bool
	}{
		{"task.hero", cat, true},
		{"task.he", cat, false},
		{"task.he*", cat, true},
		{"*", cat, true},
		{"task.shot", third, true},
		{"task.shot[3]", third, true},
		{"task.shot[?]", third, true},
		{"task.shot[33]", third, false},
		{`task.hero["cat/*"]`, cat, true},
		{`task.hero["cat*1"]`, cat, true},
		{`task.hero["dog*"]`, cat, false},
		{`task.*["*noir*"]`, cat, true},
		{`task.hero["cat/noir/1"]`, cat, true},
		{`task.hero["cat/noir/[0-9]"]`, cat, false}, // brackets are plain
		{"", cat, false},
	} {
		if got := pattern(test.pattern).matches(test.address); got != test.want {
			t.Errorf("%s and %s: %v", test.pattern, test.address, got)
		}
	}
}

func TestAPatternThatMatchesNothingIsAnError(t *testing.T) {
	addresses := []task.Address{{Name: "hero"}}
	if _, err := selectAddresses([]string{"task.hero", "task.zero"}, addresses, "instance"); err == nil || !strings.Contains(err.Error(), "task.zero matches no instance") {
		t.Errorf("got %v", err)
	}
}

// The standard library's matcher agrees where both know the pattern.
func FuzzWildcard(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*", "")
	f.Add("***a", "aaaa")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		began := time.Now()
		got := wildcard([]rune(pattern), []rune(text))
		if took := time.Since(began); took > time.Second {
			t.Errorf("%q takes %s", pattern, took)
		}
		if strings.ContainsAny(pattern, `[]\/`) || strings.Contains(text, "/") || !isValid(pattern) || !isValid(text) {
			return
		}
		if want, err := path.Match(pattern, text); err == nil && got != want {
			t.Errorf("wildcard(%q, %q) = %v", pattern, text, got)
		}
	})
}

func isValid(s string) bool { return strings.ToValidUTF8(s, "") == s }
