package timing

import (
	"math"
	"time"
)

// Forecast is what learned times, and they alone, say of how long tasks will run:
// unlike the schedule of questions, it is shown to people, and documents may be wrong
// by any factor. It does not change, and may be used by any number of goroutines.
type Forecast struct {
	// Known is how many times of the model it rests on, about 200 at most. Where that
	// is 0, the rest means nothing.
	Known int
	// Mean is the mean of the times, and Rest that of what is left of a task that is
	// seen at some moment of its life.
	Mean, Rest time.Duration

	alive [bins + 1]float64 // share of the tasks that run longer than the bin's lower edge
	area  [bins + 1]float64 // below alive, from age 0 to there, in seconds
}

// Forecast makes one of what is known by now.
func (t *Times) Forecast() *Forecast {
	m := t.model
	m.book.mu.Lock()
	defer m.book.mu.Unlock()
	f := &Forecast{Known: int(m.all.known.total + 0.5)}
	var density [bins]float64
	t.known.addSmooth(&density, memory)
	if t != m.all {
		m.all.known.addSmooth(&density, modelWeight)
	}
	sum := 0.0
	for _, d := range density {
		sum += d
	}
	if sum == 0 {
		return &Forecast{}
	}
	left := sum
	f.alive[0], f.area[0] = 1, edge(0)
	square := edge(0) * edge(0) / 2 // the mean of half the square of the times
	for i, d := range density {
		left -= d
		f.alive[i+1] = max(left/sum, 0)
		slice := (edge(i+1) - edge(i)) * (f.alive[i] + f.alive[i+1]) / 2
		f.area[i+1] = f.area[i] + slice
		square += slice * (edge(i+1) + edge(i)) / 2
	}
	f.Mean = inSeconds(f.area[bins])
	f.Rest = inSeconds(square / f.area[bins])
	return f
}

// beyond is how many of the known times have to be longer than a task's age for them
// to say how long it runs on. Of one that is older nothing is known but its age: half
// of such run a quarter of it longer, as the tails of most times do.
const beyond = 1.0

// Outlives is how likely a task of some age runs for longer than further from now.
func (f *Forecast) Outlives(age, further time.Duration) float64 {
	alive, _ := f.at(age.Seconds())
	if alive*float64(f.Known) < beyond {
		return math.Pow(age.Seconds()/(age+further).Seconds(), 3)
	}
	later, _ := f.at((age + further).Seconds())
	return later / alive
}

// Left is the mean of how much longer a task of some age runs.
func (f *Forecast) Left(age time.Duration) time.Duration {
	alive, before := f.at(age.Seconds())
	if alive*float64(f.Known) < beyond {
		return age / 2
	}
	return inSeconds((f.area[bins] - before) / alive)
}

// RestOutlives is how likely a task that is seen at some moment of its life runs for
// longer than further from then.
func (f *Forecast) RestOutlives(further time.Duration) float64 {
	_, before := f.at(further.Seconds())
	return 1 - before/f.area[bins]
}

// at gives the share alive at an age in seconds, and the area up to it.
func (f *Forecast) at(age float64) (alive, area float64) {
	if age < edge(0) {
		return 1, age
	}
	if age >= edge(bins) {
		return 0, f.area[bins]
	}
	i := binOf(age)
	part := (age - edge(i)) / (edge(i+1) - edge(i))
	alive = f.alive[i] + part*(f.alive[i+1]-f.alive[i])
	return alive, f.area[i] + (age-edge(i))*(f.alive[i]+alive)/2
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
