package view

import (
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"
)

// part is a few words of a status, which are never separated.
type part struct {
	text  string
	paint func(string) string // nil for none
}

// flow sets parts in lines of at most width columns. Only a part that is wider by
// itself is cut.
func flow(parts []part, width int) (lines []string) {
	var b strings.Builder
	at := 0
	for i, p := range parts {
		text := p.text
		if i < len(parts)-1 {
			text += ","
		}
		if room := columns(text); at > 0 && at+1+room > width {
			lines = append(lines, b.String())
			b.Reset()
			at = 0
		}
		if at > 0 {
			b.WriteByte(' ')
			at++
		}
		text = cut(text, width)
		at += columns(text)
		if p.paint != nil {
			text = p.paint(text)
		}
		b.WriteString(text)
	}
	if at > 0 {
		lines = append(lines, b.String())
	}
	return lines
}

func cut(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	dots := "..."[:min(3, max(0, width-1))]
	condition := runewidth.Condition{StrictEmojiNeutral: true}
	return condition.Truncate(text, width, dots)
}

const (
	// widestBar and narrowestBar bound the bar's own width; where there is less room
	// it is left out.
	widestBar, narrowestBar = 24, 8
	// aroundBar is what percentage, brackets and spaces take beside it.
	aroundBar = 10
)

// bar is the progress bar and two spaces, in at most room columns; "" if that is too
// little.
func bar(done, total, room int) string {
	width := min(widestBar, room-aroundBar)
	if width < narrowestBar || total < 1 {
		return ""
	}
	b := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(io.Discard), // where it stands is not its to say
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
	)
	_ = b.Set(min(done, total)) // fails only beyond the total
	_ = b.RenderBlank()         // what is at 0 was not rendered yet
	return strings.TrimRight(strings.TrimPrefix(b.String(), "\r"), " ") + "  "
}
