package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
)

type Case struct {
	Files     []string `json:"files"`
	Variables []string `json:"variables"`
	Profiles  []string `json:"profiles"`
}

func load(dir string, c Case) (string, error) {
	files := []string{}
	for _, f := range c.Files {
		files = append(files, filepath.Join(dir, f))
	}
	opts, err := cli.NewProjectOptions(files, cli.WithEnv(c.Variables), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithDefaultProfiles(c.Profiles...), cli.WithResolvedPaths(true))
	if err != nil {
		return "", err
	}
	p, err := opts.LoadProject(context.Background())
	if err != nil {
		return "", err
	}
	b, err := p.MarshalJSON()
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(string(b), dir, "<folder>"), nil
}

func main() {
	switch os.Args[1] {
	case "cases":
		for _, dir := range os.Args[2:] {
			dir, _ = filepath.Abs(dir)
			b, err := os.ReadFile(filepath.Join(dir, "case.json"))
			if err != nil {
				panic(err)
			}
			var c Case
			if err := json.Unmarshal(b, &c); err != nil {
				panic(err)
			}
			out, err := load(dir, c)
			if err != nil {
				m, _ := json.MarshalIndent(map[string]string{"refused": strings.ReplaceAll(err.Error(), dir, "<folder>")}, "", "  ")
				out = string(m)
			}
			os.WriteFile(filepath.Join(dir, "expected.json"), []byte(out+"\n"), 0o644)
			fmt.Println(filepath.Base(dir), err)
		}
	case "templates":
		var in struct {
			Variables map[string]string `json:"variables"`
			Texts     []string          `json:"texts"`
		}
		json.NewDecoder(os.Stdin).Decode(&in)
		type Row struct {
			Text    string  `json:"text"`
			Value   *string `json:"value,omitempty"`
			Refused string  `json:"refused,omitempty"`
		}
		rows := []Row{}
		for _, t := range in.Texts {
			v, err := template.Substitute(t, func(k string) (string, bool) { v, ok := in.Variables[k]; return v, ok })
			if err != nil {
				rows = append(rows, Row{Text: t, Refused: err.Error()})
			} else {
				rows = append(rows, Row{Text: t, Value: &v})
			}
		}
		b, _ := json.MarshalIndent(map[string]any{"variables": in.Variables, "rows": rows}, "", "  ")
		fmt.Println(string(b))
	case "dotenv":
		var in struct {
			Variables map[string]string `json:"variables"`
			Texts     []string          `json:"texts"`
		}
		json.NewDecoder(os.Stdin).Decode(&in)
		type Row struct {
			Text    string            `json:"text"`
			Values  map[string]string `json:"values,omitempty"`
			Refused string            `json:"refused,omitempty"`
		}
		rows := []Row{}
		for _, t := range in.Texts {
			v, err := dotenv.ParseWithLookup(strings.NewReader(t), func(k string) (string, bool) { v, ok := in.Variables[k]; return v, ok })
			if err != nil {
				rows = append(rows, Row{Text: t, Refused: err.Error()})
			} else {
				rows = append(rows, Row{Text: t, Values: v})
			}
		}
		b, _ := json.MarshalIndent(map[string]any{"variables": in.Variables, "rows": rows}, "", "  ")
		fmt.Println(string(b))
	}
}
