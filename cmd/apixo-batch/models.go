package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/spec/catalog"
)

func modelsCommand(p *program) *cli.Command {
	return &cli.Command{
		Name:      "models",
		Usage:     "lists the models that are known, or all that is known of one",
		ArgsUsage: "[MODEL|TEXT]",
		Description: "Lists the models whose name has TEXT in it, with their prices. With a MODEL, shows\n" +
			"its parameters, prices, times and limits, and a task block to start from.\n" +
			"\n" +
			"The API has no call for any of that: it is from public pages, with the month of reading, and may be out of date. " +
			"A model block corrects a price or a limit. A catalog file corrects everything: models -json writes one, -catalog=FILE reads it.",
		Flags: []cli.Flag{
			catalogFlag(),
			&cli.StringFlag{Name: "kind", Usage: "only `KIND`: image, video or audio"},
			&cli.BoolFlag{Name: "json", Usage: "write the models as a catalog file"},
		},
		Metadata: about(nil,
			"apixo-batch models",
			"apixo-batch models -kind=video kling",
			"apixo-batch models nano-banana",
			"apixo-batch models -json > models.json"),
		Action: func(_ context.Context, at *cli.Command) error { return p.models(at) },
	}
}

func (p *program) models(at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	known, err := p.catalogFrom(p.catalogPath(at))
	if err != nil {
		return err
	}
	kind := catalog.Kind(at.String("kind"))
	if at.IsSet("kind") && kind != catalog.Image && kind != catalog.Video && kind != catalog.Audio {
		return fmt.Errorf("-kind=%s is none of image, video and audio", kind)
	}
	text := strings.Join(at.Args().Slice(), " ")
	one, named := known.Lookup(text)
	if named && kind != "" && one.Kind != kind {
		return fmt.Errorf("%s is of kind %s, not %s; leave -kind out", one.ID, one.Kind, kind)
	}
	listed := []*catalog.Model{one}
	if !named {
		if listed = listModels(known.Catalog, kind, text); len(listed) == 0 {
			return noModel(known.Catalog, kind, text)
		}
	}
	switch {
	case at.Bool("json"):
		return catalog.Write(view.SafeJSON(p.stdout), listed)
	case named:
		view.WriteModel(p.stdout, one, p.out.width)
	default:
		view.WriteModels(p.stdout, listed, p.out.width)
	}
	return nil
}

// listModels finds the models of a kind, or of all, that have a text in one of
// their names.
func listModels(known *catalog.Catalog, kind catalog.Kind, text string) []*catalog.Model {
	text = strings.ToLower(text)
	return slices.DeleteFunc(known.Models(), func(m *catalog.Model) bool {
		names := strings.ToLower(strings.Join(append([]string{m.ID, m.Title}, m.Aliases...), "\n"))
		return kind != "" && m.Kind != kind || !strings.Contains(names, text)
	})
}

func noModel(known *catalog.Catalog, kind catalog.Kind, text string) error {
	which := "model"
	if kind != "" {
		which = string(kind) + " model"
	}
	if text == "" {
		return fmt.Errorf("the catalog has no %s", which)
	}
	hint := ""
	if near := known.Suggest(text); near != "" {
		hint = fmt.Sprintf(" Did you mean %q?", near)
	}
	return fmt.Errorf("the catalog knows no %s %q.%s apixo-batch models lists all; one that it does not know can be used all the same", which, view.Clean(text), hint)
}
