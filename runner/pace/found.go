package pace

import (
	"math"
	"time"
)

// Found is what refusals have told of a model's limits: what is worth knowing when
// calls of it begin again.
type Found struct {
	Model string
	// Spacing is the guess at the shortest time between two calls; 0 if none is known.
	Spacing time.Duration
	// Tasks is how many ran when a further one was refused; 0 if none was.
	Tasks int
	// At is when the last refusal told so.
	At time.Time
}

const (
	// halfLife is after how long what was found counts half: as if half as many calls
	// were refused.
	halfLife = 8 * time.Hour
	// doubtful is in how long a spacing that was found before is left, if no refusal
	// confirms it, by a factor of e.
	doubtful = 20 * time.Second
	// mostTasks bounds what is believed of a number of tasks.
	mostTasks = 1_000_000
)

// Begin begins with what earlier calls have found. It is called before the first
// Wait. Whatever it says, no call starts sooner than without it.
func (g *Group) Begin(found []Found) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	for _, f := range found {
		g.scope(f.Model).begin(f, now)
	}
}

// Found returns what is known now, in no order: what Begin was told and nothing has
// proved wrong, and what calls have found since.
func (g *Group) Found() []Found {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []Found
	for model, s := range g.scopes {
		f := Found{Model: model, Spacing: s.learned.limit, Tasks: s.room.most, At: later(s.learned.refusedAt, s.room.refusedAt)}
		if f.Spacing > 0 || f.Tasks > 0 {
			found = append(found, f)
		}
	}
	return found
}

// begin takes over what was found before. The older it is, the shorter the spacing
// and the more room. What no refusal can have told is left out.
func (s *scope) begin(f Found, now time.Time) {
	weight := math.Exp2(-now.Sub(f.At).Abs().Hours() / halfLife.Hours())
	if l := &s.learned; f.Spacing >= freeSpacing && f.Spacing <= maxSpacing {
		l.limit, l.refusedAt, l.unconfirmed = f.Spacing, f.At, true
		l.spacing = max(l.spacing, time.Duration(weight*float64(l.limit)))
	}
	if f.Tasks > 0 && f.Tasks <= mostTasks {
		free := int(min(float64(f.Tasks)/weight, mostTasks))
		s.room = room{full: true, unconfirmed: true, free: free, every: min(firstEvery, f.Tasks), most: f.Tasks, refusedAt: f.At}
	}
}
