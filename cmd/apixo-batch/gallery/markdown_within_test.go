package gallery

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestMarkdownStaysWithinItsBound(t *testing.T) {
	r := &Report{Title: "jobs.hcl", Tasks: []Task{{Name: "a"}}}
	for n := range 3000 {
		r.Items = append(r.Items, Item{
			Address: fmt.Sprintf("task.a[%d]", n), Task: "a", Status: Failed, Trouble: &Trouble{Reason: "content_policy", Message: strings.Repeat("no ", 1000)},
		})
	}
	for most, rows := range map[int]int{1 << 30: 1000, 1 << 20: 333, 200_000: 33, 1000: 0} {
		var b bytes.Buffer
		if err := WriteMarkdownWithin(&b, r, most); err != nil || b.Len() > most {
			t.Errorf("%d bytes within %d, %v", b.Len(), most, err)
		}
		if got := strings.Count(b.String(), "| `task.a["); got != rows || !strings.Contains(b.String(), fmt.Sprintf("and %s more", grouped(3000-rows))) {
			t.Errorf("%d rows within %d, want %d", got, most, rows)
		}
	}
	var b bytes.Buffer
	if err := WriteMarkdownWithin(&b, r, 100); err == nil || b.Len() > 0 {
		t.Errorf("%v, %q", err, b.String())
	}
}
