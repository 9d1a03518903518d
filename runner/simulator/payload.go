package simulator

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// voiceModel makes voices: its results have an ID besides their file.
const voiceModel = "minimax-voice"

// success is the envelope of a task's answers.
func (f flags) success(data map[string]any) []byte {
	if f&flagExtraKeys == 0 {
		return success(data)
	}
	data = f.extra(data)
	return encode(f.extra(map[string]any{"code": http.StatusOK, "message": "success", "data": data}))
}

// extra adds keys that no page documents, if the flags say so.
func (f flags) extra(object map[string]any) map[string]any {
	if f&flagExtraKeys == 0 {
		return object
	}
	object = maps.Clone(object)
	object["requestId"] = "req_0123456789"
	object["progress"] = 0.5
	object["extra"] = map[string]any{"taskId": "not the task", "list": []any{1, nil, "x"}}
	return object
}

// submit200 is the data of an accepted submit (API document, section 3).
func (t task) submit200() map[string]any {
	data := map[string]any{"taskId": t.id}
	switch t.model {
	case "minimax-speech-2-8":
		data["state"] = "processing"
	case voiceModel:
		data["state"], data["voice_id"], data["voice_type"] = "processing", t.voiceID(), "preparing"
	}
	return data
}

// voiceID is the prefix that the input gave and a suffix of the platform's.
func (j job) voiceID() string {
	prefix := firstWords(j.words)
	if prefix == "" {
		prefix = "voice"
	}
	return fmt.Sprintf("%s_%s%d", prefix, hex.EncodeToString(j.inputHash[:4]), j.number)
}

// resultJSON is JSON text inside a string, or the object itself on demand (API
// document, section 4).
func (j job) resultJSON(taskID, filesURL string) any {
	result := j.result(func(index int, extension string) string {
		return fmt.Sprintf("%s/files/%s/%s", filesURL, url.PathEscape(taskID), j.fileName(index, extension))
	})
	if j.flags&flagResultObject != 0 {
		return result
	}
	text, err := json.Marshal(result)
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	return string(text)
}

// fileName is the last part of the URL of a result file. A track's cover keeps its
// suffix, which tells it from the track.
func (j job) fileName(index int, extension string) string {
	if extension == j.medium.extension() {
		switch {
		case j.flags&flagNoSuffix != 0:
			return strconv.Itoa(index)
		case j.flags&flagWrongSuffix != 0:
			extension = j.medium.mistaken().extension()
		}
	}
	return fmt.Sprintf("%d.%s", index, extension)
}

func (j job) result(fileURL func(index int, extension string) string) map[string]any {
	if j.flags&flagTracks != 0 {
		return j.flags.extra(map[string]any{"data": j.tracks(fileURL)})
	}
	urls := make([]string, j.results)
	for i := range urls {
		urls[i] = fileURL(i, j.medium.extension())
	}
	result := map[string]any{"resultUrls": urls}
	if j.model == voiceModel {
		result["voice_id"] = j.voiceID()
	}
	return j.flags.extra(result)
}

// tracks are the objects in which a client of suno finds its songs.
func (j job) tracks(fileURL func(index int, extension string) string) []map[string]any {
	tracks := make([]map[string]any, j.results)
	for i := range tracks {
		tracks[i] = map[string]any{
			"id": fmt.Sprintf("%s-%d", hex.EncodeToString(j.inputHash[:4]), i), "title": firstWords(j.words), "lyrics": "SIMULATED",
			"audio_url": fileURL(i, j.medium.extension()), "image_url": fileURL(i, mediumPNG.extension()),
		}
	}
	return tracks
}
