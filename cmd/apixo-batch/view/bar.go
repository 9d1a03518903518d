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
	shown   int
	width   int // of the terminal
	started time.Time
}

const (
	// barWidth is the bar's own width where there is room for it.
	barWidth = 16
	// besideText is what percentage, brackets and spaces take of the line.
	besideText = 13
	// keptFree are the last columns of the line. A terminal shows ^C where the
	// cursor is; if that went on in the next line, this one could not be cleared.
	keptFree = 4
)

func newBar(w io.Writer, width, total int) *bar {
	return &bar{width: width, started: time.Now(), ProgressBar: progressbar.NewOptions(max(1, total),
		progressbar.OptionSetWriter(w),
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

// show brings the bar up to date: the text first, the bar in what room is left.
func (b *bar) show(t *tally) {
	ended := min(len(t.ended), t.total)
	elapsed := time.Since(b.started).Truncate(time.Second).String()
	room := max(0, b.width-keptFree-besideText-len(elapsed))
	text := runewidth.Truncate(t.text(), room, "...")
	progressbar.OptionSetWidth(min(barWidth, room-columns(text)))(b.ProgressBar)
	b.Describe(text)
	// An instance that failed and runs again takes the bar back; Add allows it.
	_ = b.Add(ended - b.shown)
	b.shown = ended
}
