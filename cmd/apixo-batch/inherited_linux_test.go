package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the shell did not open for the program is the program's own, and no place for
// lines: a journal, or what it waits for its connections with.
func TestLinesDoNotGoIntoAFileOfTheProgram(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "own"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, _, _ := testProgram(nil, nil)
	for n, want := range map[int]string{987: "987 is not an open file", int(file.Fd()): "was not opened for the program"} {
		if got, err := p.openEvents("-json-into", fmt.Sprintf("/dev/fd/%d", n), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, %v", n, got, err)
		}
	}
}
