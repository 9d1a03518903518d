package simulator

import (
	"fmt"
	"strings"
	"testing"
)

func TestMarkersAreTakenOutOfTheWords(t *testing.T) {
	_, words, err := parseMarkers("a  cat [sim:fail=NSFW]\non a [sim:latency=1s] mat [1]")
	if err != nil || words != "a cat on a mat [1]" {
		t.Errorf("%q, %v", words, err)
	}
}

func TestWrongMarkersAreNamed(t *testing.T) {
	for prompt, want := range map[string]string{
		"[sim:]":                              "[sim:]",
		"[sim:nonsense]":                      "[sim:nonsense]",
		"[sim:429]":                           "[sim:429]",
		"[sim:accepted404]":                   "unknown",
		"[sim:drop=1]":                        "unknown",
		"a [sim:drop":                         "no closing ]",
		"[sim:http=200]":                      "400 to 599",
		"[sim:http=999]":                      "400 to 599",
		"[sim:http=429,times=0]":              "times",
		"[sim:http=429,times]":                "name=value",
		"[sim:http=429,often=2]":              `option "often"`,
		"[sim:http=429,retry-after=]":         "retry-after",
		"[sim:http=500,body=cut]":             "body",
		"[sim:drop,retry-after=3]":            "retry-after",
		"[sim:noresult=1]":                    "takes no value",
		"[sim:noresult,times=1]":              "no options",
		"[sim:fail=NSFW,failcode=x]":          "failcode",
		"[sim:fail=NSFW,message=]":            "message",
		"[sim:fail=NSFW,message=a\x00b]":      "message",
		"[sim:fail=NS\x1bFW]":                 "fail code",
		"[sim:fail=\xff]":                     "fail code",
		"[sim:http=500,failcode=]":            "fail code",
		"[sim:latency=-1s]":                   "duration",
		"[sim:latency=3]":                     "duration",
		"[sim:results=17]":                    "0 to 16",
		"[sim:status=204]":                    "400 to 599",
		"[sim:type=bmp]":                      "gif, jpeg, jpg, mp3, mp4, png, wav, webp",
		"[sim:type=png,times=1]":              "no options",
		"[sim:status=wrong-type]":             "400 to 599",
		"[sim:html,message=x]":                "envelope",
		"[sim:http=500,message=x,body=empty]": "envelope",
		"[sim:status=500,message=x]":          "message",
		"[sim:status=500][sim:status=501]":    "twice",
		strings.Repeat("[sim:drop]", 17):      "more than 16",
	} {
		if _, _, err := parseMarkers(prompt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", prompt, err, want)
		}
	}
}

func FuzzParseMarkers(f *testing.F) {
	f.Add("a cat [sim:http=429,times=2,retry-after=3,message=later,body=html]")
	f.Add("[sim:fail=Task TimeOut,times=1][sim:latency=30s][sim:results=4][sim:status=cut]")
	f.Add("[sim:accepted504-envelope] [sim:processing_r2] [sim:code=402][sim:html=503]")
	f.Add("[sim:[sim:drop]] [sim")
	f.Add("[sim:fail,message=no reason][sim:no-suffix][sim:whole-seconds]")
	f.Add("[sim:type=webp][sim:wrong-suffix][sim:file=wrong-type,times=2]")
	f.Add("[sim:fail=][sim:fail=model.error/é <b>,message=ä]")
	f.Fuzz(func(t *testing.T, prompt string) {
		s, words, err := parseMarkers(prompt)
		if err != nil {
			if words != "" || len(s.submit) > 0 {
				t.Error("an error and a result")
			}
			return
		}
		if !strings.Contains(prompt, markerOpen) && (len(s.submit) > 0 || len(s.fail) > 0 || s.flags != 0) {
			t.Error("a script out of nothing")
		}
		for _, fault := range append(s.submit, s.status, s.file) {
			if fault.times > maxTimes || fault.shape > lastShape || fault.shape != sound && fault.shape != drop && fault.status < 200 {
				t.Errorf("fault %+v", fault)
			}
		}
		// Whatever was asked for fits in a task ID and comes out of it again.
		j := exampleJob()
		j.flags, j.status, j.file, j.words = s.flags, s.status, s.file, words
		if s.medium != nil {
			j.medium = *s.medium
		}
		if len(s.fail) > 0 {
			j.failure = s.fail[0]
		}
		got, err := jobOf(j.taskID(3), 3)
		if err != nil {
			t.Fatal(err)
		}
		j.status.message, j.file.message, j.failure.times = "", "", 0
		j.inputHash, j.words = j.inputHash[:jobHashBytes], firstWords(words)
		if fmt.Sprint(got) != fmt.Sprint(j) {
			t.Errorf("\n%+v\n%+v", got, j)
		}
	})
}
