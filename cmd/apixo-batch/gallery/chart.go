package gallery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"apixo-batch/spec/task"
)

// Chart is the timeline of a run and, below it, what it had spent at each moment.
// Both have the same axis, from 0 to chartWidth. Their text is placed in percent, so
// that it keeps its size where the drawing is stretched.
type Chart struct {
	Run
	Ticks  []Tick
	Height int   // of the timeline
	Bars   []Bar // with names, if they are few
	Shapes []Shape
	Cost   *CostCurve // nil if nothing was spent
}

// Tick is a line of the time axis.
type Tick struct {
	Percent string
	Label   string
}

// Bar is one part of one try, with a text to be shown beside the pointer.
type Bar struct {
	Class, Text string
	X, Y, W, H  string
}

// Shape is all parts of one class in one path.
type Shape struct{ Class, Path string }

// CostCurve is a step at each submit that was charged or may have been.
type CostCurve struct {
	Line, Area string
	Total      string
}

const (
	chartWidth  = 10_000
	chartHeight = 360.0 // at most
	laneHeight  = 14.0  // at most
	costHeight  = 96
	fewBars     = 300  // that have names
	maxSteps    = 1000 // of a cost curve
	maxLanes    = 1000 // more than there are pixels
	// maxCharts bounds the runs that are drawn, the latest; all are listed.
	maxCharts = 12
	minChart  = time.Second // shorter ones show nothing
)

// draw makes the chart of a run. What still runs goes to its right end: a forgotten
// task makes no chart of a day.
func draw(r *Run, now time.Time) Chart {
	c := Chart{Run: *r}
	end := latest(r.From.Add(time.Second), r.To)
	if r.Open && r.Succeeded+r.Failed == 0 {
		end = latest(end, now)
	}
	span := end.Sub(r.From)
	scale := func(t time.Time) float64 {
		return chartWidth * min(1, max(0, float64(t.Sub(r.From))/float64(span)))
	}
	c.Ticks = ticks(span)
	parts, lanes := pack(r.tries, latest(end, now))
	height := min(laneHeight, chartHeight/float64(lanes))
	c.Height = int(height*float64(lanes)) + 1
	shapes := make(map[string]*strings.Builder)
	for _, p := range parts {
		x, y := scale(p.from), float64(p.lane)*height
		w, h := max(6, scale(p.to)-x), max(0.8, height*0.72)
		if p.class == "sent" && w <= 6 {
			continue // too short to be seen, and it would hide what follows
		}
		if len(parts) <= fewBars {
			c.Bars = append(c.Bars, Bar{p.class, p.text(), num(x), num(y), num(w), num(h)})
			continue
		}
		shape := shapes[p.class]
		if shape == nil {
			shape = new(strings.Builder)
			shapes[p.class] = shape
		}
		fmt.Fprintf(shape, "M%s %sh%sv%sh-%sz", num(x), num(y), num(w), num(h), num(w))
	}
	for _, class := range classes {
		if shape := shapes[class]; shape != nil {
			c.Shapes = append(c.Shapes, Shape{class, shape.String()})
		}
	}
	c.Cost = costCurve(r, scale)
	return c
}

// num is a coordinate, as short as it can be.
func num(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.1f", f), "0"), ".")
}

// classes of the parts of a timeline, in the order in which they are drawn.
var classes = []string{"wait", "sent", "good", "bad", "open"}

// part is a stretch of a try, or of the time between two tries of an instance.
type part struct {
	class    string
	address  task.Address
	from, to time.Time
	lane     int
	what     string
}

func (p *part) text() string {
	return fmt.Sprintf("%s: %s %s", line(p.address.String()), p.what, took(p.to.Sub(p.from)))
}

// pack gives each instance of a run the first lane that is free for as long as it
// takes, so that there are as many lanes as instances at the same time. Above
// maxLanes they share lanes.
func pack(tries []try, now time.Time) (parts []part, lanes int) {
	byAddress := make(map[task.Address][]try)
	for _, t := range tries {
		byAddress[t.address] = append(byAddress[t.address], t)
	}
	all := make([][]try, 0, len(byAddress))
	for _, own := range byAddress {
		slices.SortStableFunc(own, func(a, b try) int { return a.from.Compare(b.from) })
		all = append(all, own)
	}
	slices.SortFunc(all, func(a, b []try) int {
		return cmp.Or(a[0].from.Compare(b[0].from), a[0].address.Compare(b[0].address))
	})
	var free []time.Time // from when on, by lane
	for n, own := range all {
		lane := slices.IndexFunc(free, func(t time.Time) bool { return !t.After(own[0].from) })
		switch {
		case lane >= 0:
		case len(free) < maxLanes:
			lane, free = len(free), append(free, time.Time{})
		default:
			lane = n % maxLanes
		}
		var end time.Time
		for i := range own {
			parts = append(parts, own[i].parts(lane, now)...)
			if i > 0 && own[i].from.After(end) {
				parts = append(parts, part{"wait", own[i].address, end, own[i].from, lane, "waited"})
			}
			end = latest(end, own[i].end(now))
		}
		free[lane] = latest(free[lane], end)
	}
	return parts, max(1, len(free))
}

func (t *try) parts(lane int, now time.Time) []part {
	if t.accepted.IsZero() {
		class, what := "bad", "in doubt after"
		switch {
		case t.settled:
			what = "in doubt, and settled as not charged, after"
		case t.status == Waiting:
			class, what = "wait", "refused after"
		}
		return []part{{class, t.address, t.from, t.end(now), lane, what}}
	}
	class, what := "good", "succeeded after"
	switch t.status {
	case Succeeded:
	case Failed:
		class, what = "bad", "failed after"
	case Running, InDoubt:
		class, what = "open", "has run for"
	default:
		class, what = "open", "accepted; what came of it is not in the state;"
	}
	return []part{
		{"sent", t.address, t.from, t.accepted, lane, "sent; accepted after"},
		{class, t.address, t.accepted, t.end(now), lane, what},
	}
}

// ticks divides a span into 4 to 10 round parts.
func ticks(span time.Duration) []Tick {
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if span/s <= 8 {
			step = s
			break
		}
	}
	for span/step > 8 {
		step *= 2
	}
	var all []Tick
	for at := time.Duration(0); at <= span; at += step {
		percent := 100 * float64(at) / float64(span)
		if percent > 97 && at > 0 {
			break // its label would be cut
		}
		all = append(all, Tick{fmt.Sprintf("%.2f%%", percent), took(at)})
	}
	return all
}

var tickSteps = []time.Duration{
	200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// took writes a duration in the two units that matter: "12s", "3m10s", "3h12m".
func took(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		d = d.Round(time.Second)
	default:
		d = d.Round(time.Minute)
	}
	text := d.String()
	if d >= time.Minute && strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour && strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// costCurve draws what was spent, a step when a submit was accepted, or was sent if
// nobody knows.
func costCurve(r *Run, scale func(time.Time) float64) *CostCurve {
	if r.Spent <= 0 {
		return nil
	}
	tries := slices.Clone(r.tries)
	moment := func(t *try) time.Time { return latest(t.from, t.accepted) }
	slices.SortStableFunc(tries, func(a, b try) int { return moment(&a).Compare(moment(&b)) })
	var path strings.Builder
	path.WriteString("M0 " + num(costHeight))
	var sum task.Cost
	for i := 0; i < len(tries); {
		x := scale(moment(&tries[i]))
		for ; i < len(tries) && scale(moment(&tries[i])) < x+chartWidth/maxSteps; i++ { // no step between them could be seen
			sum += tries[i].cost
		}
		fmt.Fprintf(&path, "H%sV%s", num(x), num(costHeight*(1-0.92*float64(sum)/float64(r.Spent))))
	}
	fmt.Fprintf(&path, "H%d", chartWidth)
	return &CostCurve{Line: path.String(), Area: path.String() + fmt.Sprintf("V%dH0z", costHeight), Total: r.Spent.String()}
}
