package view

import (
	"context"
	"os"
	"time"
)

// Follow implements View.
func (j *JSON) Follow(ctx context.Context, _ <-chan os.Signal) {
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			j.Tick()
		case <-ctx.Done():
			return
		}
	}
}
