package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// sortTasks orders the blocks so that each comes after those it uses, and
// otherwise as in the files. Blocks that use each other in a circle are an
// error that shows the whole way round.
func (c *configuration) sortTasks() hcl.Diagnostics {
	sorted := make([]*taskBlock, 0, len(c.tasks))
	states := make(map[*taskBlock]visit)
	var path []*taskBlock
	var diags hcl.Diagnostics
	var visitBlock func(*taskBlock)
	visitBlock = func(b *taskBlock) {
		switch states[b] {
		case visited:
			return
		case visiting:
			diags = append(diags, taskCycle(append(path, b)))
			return
		}
		states[b] = visiting
		path = append(path, b)
		for _, used := range b.uses() {
			visitBlock(used)
		}
		path = path[:len(path)-1]
		states[b] = visited
		sorted = append(sorted, b)
	}
	for _, b := range c.tasks {
		visitBlock(b)
	}
	c.tasks = sorted
	return diags
}

// uses lists the blocks that b uses, in the order of their mention.
func (b *taskBlock) uses() []*taskBlock {
	var blocks []*taskBlock
	for _, use := range slices.Concat(b.over, b.mentions, mentionsOfPicks(b.refs.picks)) {
		blocks = append(blocks, use.block)
	}
	return blocks
}

func taskCycle(path []*taskBlock) *hcl.Diagnostic {
	last := path[len(path)-1]
	for path[0] != last {
		path = path[1:]
	}
	names := make([]string, len(path))
	for i, b := range path {
		names[i] = fmt.Sprintf("task.%s (%s)", b.name, place(b.where))
	}
	if len(path) == 2 {
		return failf(last.where, "Task uses itself", "%s uses its own result, which would have to be there before it runs.", names[0])
	}
	return failf(last.where, "Tasks in a circle", "Each waits for the next one's result: %s. Break the circle at one of them.", strings.Join(names, " -> "))
}
