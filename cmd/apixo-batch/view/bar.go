package view

import (
	"io"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"
)

// bar is the one live line at the foot of a terminal.
type bar struct {
	*progressbar.ProgressBar
	shown int
	room  int // columns for the text
}

// besideText is what percentage, time and brackets take of the line when the
// bar between them has shrunk to nothing.
const besideText = 20

func newBar(w io.Writer, width, total int) *bar {
	return &bar{room: width - besideText, ProgressBar: progressbar.NewOptions(max(1, total),
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(16),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
	)}
}

// show brings the bar up to date.
func (b *bar) show(t *tally) {
	ended := min(len(t.ended), t.total)
	b.Describe(runewidth.Truncate(t.text(), max(b.room, 0), "..."))
	// An instance that failed and runs again takes the bar back; Add allows it.
	_ = b.Add(ended - b.shown)
	b.shown = ended
}
