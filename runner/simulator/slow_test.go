package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// read fetches what stands under a path and returns the body as far as it came,
// and how long it took.
func (c *client) read(method, path, text string) (body string, took time.Duration, err error) {
	c.t.Helper()
	begin := time.Now()
	r, err := http.NewRequest(method, localURL+path, strings.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	r.Header.Set("Content-Type", contentJSON)
	answer, err := c.rt.RoundTrip(r)
	if err != nil {
		return "", time.Since(begin), err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return string(b), time.Since(begin), err
}

func TestSlowAndBrokenAnswers(t *testing.T) {
	for marker, want := range map[string]struct {
		took  time.Duration
		whole bool // the task ID came
		err   error
	}{
		"late":     {lateness, true, nil},
		"trickle":  {drops * dropGap, true, nil},
		"stall":    {stalling, false, io.ErrUnexpectedEOF},
		"cut-head": {0, false, io.ErrUnexpectedEOF},
		"cut-tail": {0, true, io.ErrUnexpectedEOF},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, instantly())
			text, took, err := c.read("POST", "/api/v1/generateTask/"+testModel, body("x [sim:"+marker+"]"))
			if !errors.Is(err, want.err) || took > want.took || took < want.took-dropGap {
				t.Errorf("%s: %v after %s", marker, err, took)
			}
			id := c.sim.Ledger()[0].TaskID
			if strings.Contains(text, id) != want.whole {
				t.Errorf("%s: body %q", marker, text)
			}
		})
	}
}

func TestAnswersAreCutAnywhere(t *testing.T) {
	c := newClient(t, instantly())
	lengths := map[int]bool{}
	for i := range 30 {
		text, _, _ := c.read("POST", "/api/v1/generateTask/"+testModel, body(strings.Repeat("x", i+1)+" [sim:cut-anywhere]"))
		lengths[len(text)] = true
	}
	if len(lengths) < 15 {
		t.Errorf("cut at %d places only", len(lengths))
	}
}

func TestStatusAnswersThatLie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, taking(time.Minute))
		id := c.accepted("x [sim:status=other-task,times=1]")
		if d := c.status(id); d.TaskID == id || d.State != "failed" {
			t.Errorf("other-task: %+v", d)
		}
		odd := c.accepted("x [sim:status=odd-state,times=1]")
		if d := c.status(odd); d.TaskID != odd || d.State != "paused" {
			t.Errorf("odd-state: %+v", d)
		}
		early := c.accepted("x [sim:status=earlier-state,times=2]")
		time.Sleep(30 * time.Second)
		if d := c.status(early); d.State != "pending" {
			t.Errorf("earlier-state of one that runs: %+v", d)
		}
		time.Sleep(time.Minute)
		if d := c.status(early); d.State != "processing" || d.CompleteTime != 0 || d.ResultJSON != nil {
			t.Errorf("earlier-state of one that ended: %+v", d)
		}
		if d := c.status(early); d.State != "success" {
			t.Errorf("then: %+v", d)
		}
		double := c.accepted("x [sim:status=twice]")
		if text, _, err := c.read("GET", statusPath(double), ""); err != nil || strings.Count(text, double) != 2 || json.Valid([]byte(text)) {
			t.Errorf("twice: %q, %v", text, err)
		}
	})
}

func TestStormsRefuseEveryCallForMinutes(t *testing.T) {
	faults, err := ParseFaults("storm=30%,retry-after=soon")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		config := instantly()
		config.Faults = faults
		c := newClient(t, config)
		const minutes = 200
		stormy := 0
		for range minutes {
			var refused int
			for range 4 {
				r := c.must("GET", "/api/v1/apikeys/current-balance", "")
				if r.status == 429 && r.header.Get("Retry-After") == "soon" {
					refused++
				}
				time.Sleep(15 * time.Second)
			}
			switch refused {
			case 4:
				stormy++
			case 0:
			default:
				t.Fatalf("%d of 4 calls of a minute were refused", refused)
			}
		}
		if stormy < minutes*15/100 || stormy > minutes*45/100 {
			t.Errorf("%d of %d minutes were stormy", stormy, minutes)
		}
	})
}
