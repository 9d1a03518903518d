package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/spec/catalog"
)

func TestEveryDocumentedStatusOnDemand(t *testing.T) {
	c := newClient(t, instantly())
	for _, status := range []int{400, 401, 402, 403, 404, 429, 500, 502, 503, 504} {
		r, err := c.submit(fmt.Sprintf("x [sim:http=%d]", status))
		if err != nil {
			t.Fatal(err)
		}
		if r.status != status || r.code != status || r.msg == "" {
			t.Errorf("%d: answer %d %s", status, r.status, r.body)
		}
		if hasData := strings.Contains(r.body, `"data":null`); hasData != (status != 401) {
			t.Errorf("%d: body %s", status, r.body)
		}
		if r.header.Get("Retry-After") != "" {
			t.Errorf("%d: an undocumented Retry-After", status)
		}
	}
	if n := len(c.sim.Ledger()); n != 0 {
		t.Errorf("%d refused submits were accepted", n)
	}
}

func TestShapesOfBrokenAnswers(t *testing.T) {
	for _, test := range []struct {
		marker   string
		status   int // 0: a transport error
		code     int
		contains string
		accepted bool
	}{
		{"http=400,message=Insufficient credits", 400, 400, "Insufficient credits", false},
		{"http=503,body=html", 503, 0, "<h1>503 Service Unavailable</h1>", false},
		{"http=500,body=empty", 500, 0, "", false},
		{"http=500,body=garbage", 500, 0, "mess", false},
		{"code=402", 200, 402, "Insufficient balance", false},
		{"html", 502, 0, "<html>", false},
		{"html=504", 504, 0, "<html>", false},
		{"drop-unaccepted", 0, 0, "", false},
		{"drop", 0, 0, "", true},
		{"portal", 200, 0, "<html>", false},
		{"redirect", 307, 0, "<html>", false},
		{"accepted-portal", 200, 0, "<html>", true},
		{"accepted-redirect", 307, 0, "<html>", true},
		{"cut-head", 0, 0, "", true},
		{"cut-tail", 0, 0, "", true},
		{"twice", 200, 0, "}\n{", true},
		{"http=429,retry-after=soon", 429, 429, "", false},
		{"cut", 0, 0, "", true},
		{"accepted504", 504, 0, "<html>", true},
		{"accepted504-envelope", 504, 504, "Provider timeout", true},
		{"accepted502,body=empty", 502, 0, "", true},
		{"garbage", 200, 0, "mess", true},
		{"empty", 200, 0, "", true},
		{"no-task-id", 200, 200, `"data":null`, true},
	} {
		t.Run(test.marker, func(t *testing.T) {
			c := newClient(t, instantly())
			r, err := c.submit("x [sim:" + test.marker + "]")
			if (err != nil) != (test.status == 0) {
				t.Fatalf("error %v", err)
			}
			if err == nil && (r.status != test.status || r.code != test.code || !strings.Contains(r.body, test.contains)) {
				t.Errorf("answer %d %s", r.status, r.body)
			}
			ledger := c.sim.Ledger()
			if (len(ledger) == 1) != test.accepted {
				t.Fatalf("%d entries in the ledger", len(ledger))
			}
			if test.accepted && (ledger[0].Answered || ledger[0].CostMicros != 30_000 || ledger[0].Fault == "") {
				t.Errorf("ledger %+v", ledger[0])
			}
			if test.accepted && c.status(ledger[0].TaskID).State != "success" {
				t.Error("the accepted task does not run")
			}
		})
	}
}

func TestMarkersCountDown(t *testing.T) {
	c := newClient(t, instantly())
	const prompt = "x [sim:http=429,times=2,retry-after=3] [sim:fail=Timeout,times=1]"
	for range 2 {
		r, _ := c.submit(prompt)
		if r.status != 429 || r.header.Get("Retry-After") != "3" {
			t.Fatalf("answer %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
		}
	}
	if d := c.status(c.accepted(prompt)); d.State != "failed" || d.FailCode != "Timeout" {
		t.Errorf("first task: %+v", d)
	}
	if d := c.status(c.accepted(prompt)); d.State != "success" {
		t.Errorf("second task: %+v", d)
	}
	if n := c.sim.Stats().SubmitsByInput[c.sim.Ledger()[0].InputHash]; n != 4 {
		t.Errorf("%d submits counted", n)
	}
}

func TestUnreadableSubmitsAreRefused(t *testing.T) {
	c := newClient(t, instantly())
	for name, test := range map[string]struct {
		path, body string
		status     int
		message    string
	}{
		"no JSON":            {testModel, "{", 400, "JSON"},
		"not an object":      {testModel, "[]", 400, "JSON"},
		"no input":           {testModel, `{"request_type":"async"}`, 400, "input is required"},
		"input null":         {testModel, `{"input":null}`, 400, "input is required"},
		"input a string":     {testModel, `{"input":"x"}`, 400, "must be an object"},
		"no prompt":          {testModel, `{"input":{"mode":"text-to-image"}}`, 400, "prompt is required"},
		"blank prompt":       {testModel, body("  "), 400, "prompt is required"},
		"request type":       {testModel, `{"request_type":"sync","input":{"prompt":"x"}}`, 400, "async or callback"},
		"provider a number":  {testModel, `{"provider":1,"input":{"prompt":"x"}}`, 400, "JSON"},
		"more than one body": {testModel, body("x") + body("x"), 400, "JSON"},
		"too long":           {testModel, body(strings.Repeat("x", maxBody)), 400, "too large"},
		"unknown marker":     {testModel, body("[sim:nonsense]"), 400, "[sim:nonsense]"},
		"unknown model":      {"nano-pear", body("x"), 404, "nano-pear"},
		"wrong case":         {"Nano-Banana", body("x"), 404, "Nano-Banana"},
	} {
		r := c.must("POST", "/api/v1/generateTask/"+test.path, test.body)
		if r.status != test.status || r.code != test.status || !strings.Contains(r.msg, test.message) {
			t.Errorf("%s: answer %d %s", name, r.status, r.body)
		}
	}
	if n := len(c.sim.Ledger()); n != 0 {
		t.Errorf("%d unreadable submits were accepted", n)
	}
}

func TestContentTypeAndKeyAreRequired(t *testing.T) {
	c := newClient(t, Config{APIKey: "right"})
	for name, test := range map[string]struct {
		auth, contentType string
		status            int
	}{
		"no key":          {"", contentJSON, 401},
		"wrong key":       {"Bearer wrong", contentJSON, 401},
		"no scheme":       {"right", contentJSON, 401},
		"no content type": {"Bearer right", "", 400},
		"all right":       {"Bearer right", "application/json; charset=utf-8", 200},
	} {
		req, _ := http.NewRequest("POST", localURL+"/api/v1/generateTask/"+testModel, strings.NewReader(body("x")))
		req.Header.Set("Authorization", test.auth)
		req.Header.Set("Content-Type", test.contentType)
		resp, err := c.rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, test.status)
		}
	}
}

func TestBalanceFallsPerAcceptedTaskUntilItIsTooLow(t *testing.T) {
	for _, test := range []struct {
		fundsStatus, want int
		message           string
	}{{0, 402, "Insufficient balance"}, {402, 402, "Insufficient balance"}, {400, 400, "Insufficient credits"}} {
		config := instantly()
		config.Balance, config.FundsStatus = 70_000, test.fundsStatus
		c := newClient(t, config)
		c.accepted("one")
		c.submit("two [sim:drop]")
		c.submit("never billed [sim:http=500]")
		if r := c.must("GET", "/api/v1/apikeys/current-balance", ""); string(r.data) != "0.01" {
			t.Errorf("balance %s", r.data)
		}
		r, _ := c.submit("three")
		if r.status != test.want || r.msg != test.message {
			t.Errorf("no funds: %d %s", r.status, r.body)
		}
		if s := c.sim.Stats(); s.SpentMicros != 60_000 || s.Accepted != 2 || s.BalanceMicros != 10_000 {
			t.Errorf("stats %+v", s)
		}
	}
}

func TestPricesComeFromTheConfigThenTheCatalog(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		model  string
		cost   int64
	}{
		"catalog":       {Config{}, testModel, 30_000},
		"overridden":    {Config{Prices: map[string]catalog.Price{testModel: {LowMicros: 7, HighMicros: 7, Per: "task"}}}, testModel, 7},
		"also unknown":  {Config{AnyModel: true, Prices: map[string]catalog.Price{"brand-new": {LowMicros: 3, HighMicros: 5, Per: "image"}}}, "brand-new", 5},
		"unpriced":      {Config{}, "nano-banana-2", DefaultPrice},
		"unpriced free": {Config{UnpricedCost: -1}, "nano-banana-2", 0},
		"unknown model": {Config{AnyModel: true, UnpricedCost: 9}, "brand-new", 9},
	} {
		c := newClient(t, test.config)
		if r := c.must("POST", "/api/v1/generateTask/"+test.model, body("x")); r.status != 200 {
			t.Fatalf("%s: %s", name, r.body)
		}
		if got := c.sim.Ledger()[0].CostMicros; got != test.cost {
			t.Errorf("%s: cost %d, want %d", name, got, test.cost)
		}
	}
}

// A price per image is charged for as many files as come.
func TestEachFileIsBilled(t *testing.T) {
	perImage := make(map[string]catalog.Price)
	for _, m := range catalog.Default().Models() {
		perImage[m.ID] = catalog.Price{LowMicros: 10, HighMicros: 10, Per: "image"}
	}
	c := newClient(t, Config{Prices: perImage})
	for _, test := range []struct {
		model, input string
		files        int
	}{
		{"nano-banana", `{"prompt":"x"}`, 1},
		{"nano-banana", `{"prompt":"x","n":4}`, 4},
		{"gpt-image-1", `{"prompt":"x","num_images":2}`, 2},
		{"gpt-image-1", `{"prompt":"x","nVariants":"4"}`, 4},
		{"seedream-4-5", `{"prompt":"x","max_images":3}`, 3},
		{"midjourney", `{"prompt":"x"}`, 4},
		{"midjourney", `{"prompt":"x","mode":"vary","taskId":"T","imageIndex":1}`, 4},
		{"midjourney", `{"prompt":"x","mode":"upscale","taskId":"T","imageIndex":1}`, 1},
		{"grok-image", `{"prompt":"x"}`, 6},
		{"minimax-image-01", `{"prompt":"x"}`, 1}, // no page says how many without
		{"minimax-image-01", `{"prompt":"x","num_images":9}`, 9},
	} {
		r := c.must("POST", "/api/v1/generateTask/"+test.model, `{"input":`+test.input+`}`)
		if r.status != 200 {
			t.Fatalf("%s %s: %s", test.model, test.input, r.body)
		}
		ledger := c.sim.Ledger()
		last := ledger[len(ledger)-1]
		j, err := jobOf(last.TaskID, 0)
		if err != nil || j.results != test.files || last.CostMicros != int64(10*test.files) {
			t.Errorf("%s %s: %d files for %d (%v), want %d", test.model, test.input, j.results, last.CostMicros, err, test.files)
		}
	}
}

func TestInputHashIgnoresOrderAndSpaces(t *testing.T) {
	c := newClient(t, instantly())
	c.must("POST", "/api/v1/generateTask/"+testModel, `{"input":{"prompt":"a<b","n":1.50}}`)
	c.must("POST", "/api/v1/generateTask/"+testModel, `{"input": {"n": 1.50, "prompt": "a<b"}, "source": "x"}`)
	c.must("POST", "/api/v1/generateTask/"+testModel, `{"input":{"prompt":"a<b","n":1.5}}`)
	l := c.sim.Ledger()
	if string(l[0].Input) != `{"n":1.50,"prompt":"a<b"}` || l[0].InputHash != l[1].InputHash {
		t.Errorf("%s and %s", l[0].Input, l[1].Input)
	}
	if l[1].InputHash == l[2].InputHash {
		t.Error("a number written otherwise is the same input")
	}
	if l[0].TaskID == l[1].TaskID {
		t.Error("two tasks of one input have the same ID")
	}
}

func TestSlowAnswerComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Config{Speed: 2})
		start := time.Now()
		c.accepted("x [sim:slow=90s]")
		if got := time.Since(start); got != 45*time.Second {
			t.Errorf("answer after %v", got)
		}
	})
}

func TestFaultsAreTheSameForASeedInAnyOrder(t *testing.T) {
	faults, err := ParseFaults("429=20%,drop=10%,accepted504=10%,fail=30%")
	if err != nil {
		t.Fatal(err)
	}
	// weather submits 30 inputs twice each, and tells what happened by input.
	weather := func(seed uint64, order func(n int) int) string {
		config := instantly()
		config.Seed, config.Faults = seed, faults
		c := newClient(t, config)
		happened := make([]string, 30)
		for i := range 60 {
			n := order(i) / 2
			r, err := c.submit("prompt " + strconv.Itoa(n))
			happened[n] += fmt.Sprintf("%d dropped=%t ", r.status, err != nil)
		}
		failed := 0
		for _, a := range c.sim.Ledger() {
			if a.FailCode != "" {
				failed++
			}
		}
		return fmt.Sprintf("%s\n%d failed", strings.Join(happened, "\n"), failed)
	}
	forwards := func(i int) int { return i }
	first := weather(7, forwards)
	for _, want := range []string{"429", "504", "dropped=true", "200"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %s among\n%s", want, first)
		}
	}
	if strings.HasSuffix(first, "\n0 failed") {
		t.Error("no task fails")
	}
	if got := weather(7, func(i int) int { return 59 - i }); got != first {
		t.Errorf("the order changes what happens:\n%s\nand\n%s", first, got)
	}
	if weather(8, forwards) == first {
		t.Error("the seed changes nothing")
	}
}
