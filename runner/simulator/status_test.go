package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLifeOfATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, taking(40*time.Second))
		id := c.accepted("a lighthouse")
		start := time.Now()
		at := func(d time.Duration) taskData {
			time.Sleep(time.Until(start.Add(d)))
			return c.status(id)
		}
		if d := at(3 * time.Second); d.State != "pending" || d.TaskID != id || d.CompleteTime != 0 || d.ResultJSON != nil {
			t.Errorf("at 3 s: %+v", d)
		}
		if d := at(39 * time.Second); d.State != "processing" {
			t.Errorf("at 39 s: %+v", d)
		}
		d := at(40 * time.Second)
		if d.State != "success" || d.CompleteTime-d.CreateTime != 40_000 || d.CostTime != 40_000 || d.CreateTime != start.UnixMilli() {
			t.Errorf("at 40 s: %+v", d)
		}
		a := c.sim.Ledger()[0]
		if a.Polls != 3 || !a.SeenAt.Equal(a.CompletesAt) || !a.Answered {
			t.Errorf("ledger %+v", a)
		}
		if gap := c.sim.Stats().MinPollGap; gap != time.Second {
			t.Errorf("shortest gap %v", gap)
		}
	})
}

func TestEveryFailCodeOnDemand(t *testing.T) {
	c := newClient(t, instantly())
	for _, f := range append(failCodes, failure{code: "BrandNew_Code 7", message: "Task failed."}) {
		d := c.status(c.accepted("x [sim:fail=" + f.code + "]"))
		if d.State != "failed" || d.FailCode != f.code || d.FailMsg != f.message || d.ResultJSON != nil || d.CompleteTime == 0 || d.CostTime != 0 {
			t.Errorf("%s: %+v", f.code, d)
		}
	}
}

func TestVariationsOfAStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, taking(time.Minute))
		prompt := "x [sim:processing_r2][sim:no-pending][sim:latency=10s][sim:no-cost-time][sim:result-object][sim:results=3]"
		id := c.accepted(prompt)
		if d := c.status(id); d.State != "processing" {
			t.Errorf("at first: %s", d.State)
		}
		time.Sleep(9 * time.Second)
		if d := c.status(id); d.State != "processing_r2" {
			t.Errorf("at 9 s: %s", d.State)
		}
		time.Sleep(time.Second)
		r := c.must("GET", statusPath(id), "")
		if strings.Contains(r.body, "costTime") {
			t.Error("costTime is there")
		}
		var d struct {
			ResultJSON struct{ ResultUrls []string }
		}
		if err := json.Unmarshal(r.data, &d); err != nil || len(d.ResultJSON.ResultUrls) != 3 {
			t.Errorf("%v in %s", err, r.body)
		}
		bare := c.accepted("x [sim:noresult][sim:latency=0s]")
		if d := c.status(bare); d.State != "success" || d.ResultJSON != nil {
			t.Errorf("noresult: %+v", d)
		}
		none := c.accepted("x [sim:results=0][sim:latency=0s]")
		if urls := c.status(none).urls(t); len(urls) != 0 {
			t.Errorf("results=0: %v", urls)
		}
	})
}

func TestStatusCallsFailOnDemand(t *testing.T) {
	for marker, want := range map[string]int{
		"status=500": 500, "status=401": 401, "status=html": 502, "status=503,body=empty": 503, "status=garbage": 200,
		"status=drop": 0, "status=cut": 0,
	} {
		c := newClient(t, instantly())
		id := c.accepted("x [sim:" + strings.Replace(marker, ",", ",times=2,", 1) + "]")
		r, err := c.do("GET", statusPath(id), "")
		if err == nil && (r.status != want || want == 0 || r.code == 200) || err != nil && want != 0 {
			t.Errorf("%s: %v, %d %s", marker, err, r.status, r.body)
		}
	}
	c := newClient(t, instantly())
	id := c.accepted("x [sim:status=429,times=2,retry-after=7]")
	for range 2 {
		if r := c.must("GET", statusPath(id), ""); r.status != 429 || r.header.Get("Retry-After") != "7" {
			t.Errorf("answer %d", r.status)
		}
	}
	if d := c.status(id); d.State != "success" {
		t.Errorf("after two times: %+v", d)
	}
}

func TestRandomFaultsStrikeStatusCallsAndFiles(t *testing.T) {
	faults, err := ParseFaults("status503=50%,file-cut=30%,file500=20%,retry-after=2")
	if err != nil {
		t.Fatal(err)
	}
	config := instantly()
	config.Faults = faults
	c := newClient(t, config)
	id := c.accepted("x")
	refused, broken := 0, 0
	for range 100 {
		if r := c.must("GET", statusPath(id), ""); r.status == 503 && r.header.Get("Retry-After") == "2" {
			refused++
		}
		if r, err := c.fetch(localURL + "/files/" + id + "/0.jpg"); err != nil || r.status != 200 {
			broken++
		}
	}
	if refused < 30 || refused > 70 || broken < 30 || broken > 70 {
		t.Errorf("%d status calls and %d fetches of 100 went wrong", refused, broken)
	}
}

func TestTaskIDIsAllAnotherProcessNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := taking(time.Minute)
		config.Seed = 5
		first, second := newClient(t, config), newClient(t, Config{Seed: 5})
		config.Seed = 6
		stranger := newClient(t, config)
		failing := first.accepted("x [sim:fail=Task TimeOut]")
		working := first.accepted("y [sim:results=2][sim:status=500,times=1]")
		if d := second.status(failing); d.State != "pending" {
			t.Errorf("at once: %+v", d)
		}
		time.Sleep(time.Minute)
		if d := second.status(failing); d.FailCode != "Task TimeOut" {
			t.Errorf("failed task: %+v", d)
		}
		if r := second.must("GET", statusPath(working), ""); r.status != 500 {
			t.Errorf("marker of the status call: %d", r.status)
		}
		d := second.status(working)
		urls := d.urls(t)
		if len(urls) != 2 {
			t.Fatalf("%v", urls)
		}
		if r, err := second.fetch(urls[1]); err != nil || r.status != 200 {
			t.Errorf("file: %v %d", err, r.status)
		}
		if r := stranger.must("GET", statusPath(working), ""); r.status != 404 || r.code != 404 {
			t.Errorf("another seed: %d", r.status)
		}
	})
}

func TestUnknownTasksAre404(t *testing.T) {
	c := newClient(t, instantly())
	id := c.accepted("x")
	for name, path := range map[string]string{
		"foreign ID":    statusPath("task_abc123xyz789"),
		"forged ID":     statusPath(id[:20] + "A" + id[21:]),
		"cut ID":        statusPath(id[:len(id)-1]),
		"another model": strings.Replace(statusPath(id), testModel, "nano-banana-2", 1),
		"wrong path":    "/api/v1/nothing",
	} {
		if r := c.must("GET", path, ""); r.status != 404 || r.code != 404 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := c.must("GET", "/api/v1/statusTask/"+testModel, ""); r.status != 400 {
		t.Errorf("no ID: %d", r.status)
	}
	if r := c.must("GET", "/api/v1/generateTask/"+testModel, ""); r.status != 405 || r.header.Get("Allow") != "POST" {
		t.Errorf("wrong method: %d", r.status)
	}
}

func TestFilesLiveForADayAndNeedNoKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, taking(time.Minute))
		id := c.accepted("a lighthouse at dusk")
		early, err := c.fetch(localURL + "/files/" + id + "/0.jpg")
		if err != nil || early.status != 404 {
			t.Errorf("before the end: %v %d", err, early.status)
		}
		time.Sleep(time.Minute)
		url := c.status(id).urls(t)[0]
		r, err := c.fetch(url)
		if err != nil || r.status != 200 || r.header.Get("Content-Type") != "image/jpeg" {
			t.Fatalf("%v %d %v", err, r.status, r.header)
		}
		contentType, want, err := ResultFile(id, 0)
		if err != nil || contentType != "image/jpeg" || r.body != string(want) {
			t.Errorf("ResultFile: %v, %s, same bytes: %v", err, contentType, r.body == string(want))
		}
		if img, err := jpeg.Decode(bytes.NewReader(want)); err != nil || img.Bounds().Size() != image.Pt(448, 240) {
			t.Errorf("picture: %v %v", img.Bounds(), err)
		}
		time.Sleep(24*time.Hour - time.Second)
		if r, _ := c.fetch(url); r.status != 200 {
			t.Errorf("a second before the end: %d", r.status)
		}
		time.Sleep(time.Second)
		if r, _ := c.fetch(url); r.status != http.StatusGone {
			t.Errorf("after a day: %d", r.status)
		}
		if d := c.status(id); d.State != "success" {
			t.Errorf("the task after a day: %+v", d)
		}
		s := c.sim.Stats()
		if s.AuthorizedFileRequests != 0 || s.FileFetches != 4 || s.FetchesByFile["/files/"+id+"/0.jpg"] != 2 {
			t.Errorf("stats %+v", s)
		}
		c.must("GET", "/files/"+id+"/0.jpg", "") // with the key
		if n := c.sim.Stats().AuthorizedFileRequests; n != 1 {
			t.Errorf("%d keys seen", n)
		}
	})
}

func TestResultURLsMayHaveABaseOfTheirOwn(t *testing.T) {
	config := instantly()
	config.FilesURL = "https://cdn.example/"
	c := newClient(t, config)
	id := c.accepted("x")
	if url, want := c.status(id).urls(t)[0], "https://cdn.example/files/"+id+"/0.jpg"; url != want {
		t.Errorf("URL %s, want %s", url, want)
	}
}

func TestFileFaultsOnDemand(t *testing.T) {
	c := newClient(t, instantly())
	url := c.status(c.accepted("x [sim:file=503,times=1]")).urls(t)[0]
	if r, err := c.fetch(url); err != nil || r.status != 503 {
		t.Errorf("first: %v %d", err, r.status)
	}
	if r, err := c.fetch(url); err != nil || r.status != 200 {
		t.Errorf("second: %v %d", err, r.status)
	}
	url = c.status(c.accepted("x [sim:file=cut]")).urls(t)[0]
	if _, err := c.fetch(url); err == nil {
		t.Error("a cut file came whole")
	}
}

func TestResultsByModel(t *testing.T) {
	c := newClient(t, instantly())
	for name, test := range map[string]struct {
		model, input string
		files        int
		extension    string
	}{
		"image":      {"gpt-image-2", `{"prompt":"x"}`, 1, ".png"},
		"default":    {"nano-banana", `{"prompt":"x","output_format":null}`, 1, ".jpg"},
		"jpeg":       {"nano-banana-2", `{"prompt":"x","output_format":"jpeg"}`, 1, ".jpg"},
		"num_images": {"gpt-image-1", `{"prompt":"x","num_images":4}`, 4, ".png"},
		"four":       {"midjourney", `{"prompt":"x"}`, 4, ".png"},
		"video":      {"kling-2-6", `{"prompt":"x","duration":5}`, 1, ".mp4"},
		"two tracks": {"suno", `{"prompt":"x"}`, 2, ".wav"},
		"jpg":        {"nano-banana-2", `{"prompt":"x","output_format":"JPG"}`, 1, ".jpg"},
		"png":        {"flux-kontext", `{"prompt":"x","output_format":"png"}`, 1, ".png"},
		"webp":       {"image-upscaler", `{"image_urls":["https://a.example/x.png"],"output_format":"webp"}`, 1, ".webp"},
		"mp3":        {"minimax-speech-2-8", `{"prompt":"x","format":"mp3"}`, 1, ".mp3"},
		"speech":     {"minimax-speech-2-8", `{"prompt":"x"}`, 1, ".wav"},
		"no video":   {"kling-2-6", `{"prompt":"x","output_format":"png"}`, 1, ".mp4"},
		"no picture": {"gpt-image-2", `{"prompt":"x","output_format":"mp3"}`, 1, ".png"},
	} {
		r := c.must("POST", "/api/v1/generateTask/"+test.model, `{"input":`+test.input+`}`)
		if r.status != 200 {
			t.Fatalf("%s: %s", name, r.body)
		}
		ledger := c.sim.Ledger()
		j, err := jobOf(ledger[len(ledger)-1].TaskID, 0)
		if err != nil || j.files() != test.files || "."+j.medium.extension() != test.extension {
			t.Errorf("%s: %v, %d files, %s", name, err, j.files(), j.medium.extension())
		}
	}
}

// Captured answers have whole seconds only (API document, section 4).
func TestTimesInWholeSeconds(t *testing.T) {
	for marker, want := range map[string]string{"[sim:whole-seconds]": "3000 15000 12000", "": "3300 15000 11700"} {
		s, _, err := parseMarkers(marker)
		if err != nil {
			t.Fatal(err)
		}
		j := exampleJob()
		j.accepted, j.duration, j.flags = time.UnixMilli(3300), 11_700*time.Millisecond, s.flags
		data := j.status200("x", j.completed(), localURL)
		if got := fmt.Sprint(data["createTime"], data["completeTime"], data["costTime"]); got != want {
			t.Errorf("%s: created, completed, took %s, want %s", marker, got, want)
		}
	}
}
