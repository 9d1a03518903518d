package main

import (
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"apixo-batch/cmd/apixo-batch/view/screentest"
	"apixo-batch/runner/simulator"
)

// What the README shows: images, some of them at night, and a prompt that is refused.
const pictured = `
task "hero" {
  model    = "nano-banana"
  for_each = { for i in range(48) : format("cat-%02d", i + 1) => i == 11 ? "[sim:fail=NSFW]" : "a cat, number ${i + 1}" }
  input = {
    mode         = "text-to-image"
    prompt       = each.value
    aspect_ratio = "16:9"
  }
}
task "night" {
  model    = "nano-banana"
  for_each = { for k, t in task.hero : k => t if endswith(k, "5") }
  input = {
    mode         = "image-to-image"
    prompt       = "the same at night"
    aspect_ratio = "16:9"
    image_urls   = [each.value.urls[0]]
  }
}
`

const (
	pictureFile    = "testdata/terminal.svg"
	pictureColumns = 84
	pictureRows    = 30
)

// The README's picture of a run is what stood on a terminal, in the middle of one
// against the simulator. With UPDATE_PICTURES=1 it is made anew.
func TestPictureOfARun(t *testing.T) {
	t.Parallel()
	a := newBank(t, 3).open(t, simulator.Config{Speed: 8})
	a.write(t, "jobs.hcl", pictured)
	term := newTerminal(t)
	term.look(t, pictureColumns, pictureRows, true)
	args := []string{"apply", "-auto-approve", "-parallelism=8", "jobs.hcl"}
	cmd := a.command(t, args...)
	cmd.Env = append(cmd.Env, "TERM=xterm", "CI=", "NO_COLOR=")
	term.start(t, cmd)
	ended := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() { cmd.Wait(); close(ended) })
	var lines [][]screentest.Span
	for open := true; open && lines == nil; {
		if text := term.screen.Text(); pictureWorthy.MatchString(text) && strings.Contains(text, "content_policy") {
			lines = term.screen.Lines()
		}
		select {
		case <-ended:
			open = false
		case <-time.After(20 * time.Millisecond): // a real process lives in real time
		}
	}
	waiting.Wait()
	if lines == nil {
		t.Fatalf("no moment was worth a picture:\n%s", term.screen.Text())
	}
	made := svg("apixo-batch "+strings.Join(args, " "), lines)
	checkSVG(t, made)
	if os.Getenv("UPDATE_PICTURES") != "" {
		if err := os.WriteFile(pictureFile, []byte(made), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(pictureFile)
	if err != nil {
		t.Fatal(err)
	}
	checkSVG(t, string(kept))
}

// pictureWorthy is the area of a run that is well on its way.
var pictureWorthy = regexp.MustCompile(`[4-7]\d% \[=+> +\] .*ETA`)

func checkSVG(t *testing.T, picture string) {
	t.Helper()
	var shown strings.Builder
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if text, is := token.(xml.CharData); is {
			shown.Write(text)
		}
	}
	words := strings.Join(strings.Fields(shown.String()), " ") // each part is an element
	for _, want := range []string{"$ apixo-batch apply -auto-approve -parallelism=8 jobs.hcl", "Plan: 53 to add", "Cost: ", "content_policy", "ETA"} {
		if !strings.Contains(words, want) {
			t.Errorf("the picture does not show %q:\n%s", want, words)
		}
	}
	if len(picture) > 30_000 {
		t.Errorf("the picture has %d bytes", len(picture))
	}
}

// svg draws a terminal after a command.
func svg(command string, lines [][]screentest.Span) string {
	const advance, leading, margin = 8.4, 19.0, 16.0
	lines = append([][]screentest.Span{{{Text: "$ ", Look: "2"}, {Text: command, Look: "1"}}}, lines...)
	for len(lines) > 0 && len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	width, height := pictureColumns*advance+2*margin, float64(len(lines))*leading+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="#16181d"/>`+"\n")
	for i, line := range lines {
		column := 0
		for _, span := range line {
			n := runewidth.StringWidth(span.Text)
			if strings.TrimSpace(span.Text) != "" {
				fmt.Fprintf(&b, `<text x="%.1f" y="%.0f" textLength="%.1f" xml:space="preserve" %s>%s</text>`+"\n",
					margin+float64(column)*advance, margin+float64(i)*leading+14, float64(n)*advance, looks[span.Look], html.EscapeString(span.Text))
			}
			column += n
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// looks are the colours of the picture's terminal, by SGR parameter.
var looks = map[string]string{
	"":   `fill="#d6dae2"`,
	"1":  `fill="#ffffff" font-weight="bold"`,
	"2":  `fill="#8a919e"`,
	"31": `fill="#f2777a"`,
	"32": `fill="#8fc98b"`,
	"33": `fill="#e6c06c"`,
	"36": `fill="#74c0d6"`,
}
