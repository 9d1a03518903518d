package spec

import (
	"strconv"

	"apixo-batch/spec/task"
)

// DefaultOutputPaths are where the files of an instance go that is no longer
// declared, so that no output template speaks for it: relative to Spec.Dir,
// with slashes, one for each extension.
func DefaultOutputPaths(a task.Address, exts []string) []string {
	key := (&Instance{Address: a}).pathKey()
	paths := make([]string, len(exts))
	for index, ext := range exts {
		paths[index] = "out/" + safeSegment(a.Name) + "/" + key + "-" + strconv.Itoa(index) + "." + ext
	}
	return paths
}
