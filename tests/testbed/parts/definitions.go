package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// definition is one CustomResourceDefinition as its file has it.
type definition struct {
	name string
	text string
}

var (
	documentBreak = regexp.MustCompile(`(?m)^---[ \t]*$`)
	definesKind   = regexp.MustCompile(`(?m)^kind: CustomResourceDefinition[ \t]*$`)
	// The first name that has two spaces before it is the object's own.
	definedName = regexp.MustCompile(`(?m)^  name: "?([a-z0-9.-]+)"?[ \t]*$`)
)

// readDefinitions reads every definition in the folders that hold them.
func readDefinitions(want wanted) ([]definition, error) {
	var found []definition
	for _, part := range []string{"crds", "own-crds", "kwok", "argo-rollouts"} {
		folder := want.folders[part]
		if folder == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for _, document := range documentBreak.Split(string(text), -1) {
				if !definesKind.MatchString(document) {
					continue
				}
				name := definedName.FindStringSubmatch(document)
				if name == nil {
					return nil, fmt.Errorf("%s: a definition without a name", file)
				}
				found = append(found, definition{name[1], document})
			}
		}
	}
	return found, nil
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// install creates the definitions and waits until each is established, found by discovery and listed.
func (c *cluster) install(definitions []definition) error {
	if err := each(definitions, func(one definition) error {
		return c.create(definitionsPath, "application/yaml", []byte(strings.TrimSpace(one.text)+"\n"))
	}); err != nil {
		return err
	}
	deadline := time.Now().Add(time.Minute)
	for {
		err := c.listed(definitions)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the definitions were not served in time: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// listed checks that every served version of every definition is in discovery and can be listed.
func (c *cluster) listed(definitions []definition) error {
	var all struct {
		Items []struct {
			Metadata struct{ Name string }
			Spec     struct {
				Group    string
				Names    struct{ Plural string }
				Versions []struct {
					Name   string
					Served bool
				}
			}
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if err := c.get(definitionsPath, &all); err != nil {
		return err
	}
	discovered, err := c.discovered()
	if err != nil {
		return err
	}
	established := map[string]bool{}
	var paths []string
	for _, item := range all.Items {
		for _, condition := range item.Status.Conditions {
			if condition.Type == "Established" && condition.Status == "True" {
				established[item.Metadata.Name] = true
			}
		}
		for _, version := range item.Spec.Versions {
			if !version.Served {
				continue
			}
			path := item.Spec.Group + "/" + version.Name + "/" + item.Spec.Names.Plural
			if !discovered[path] {
				return fmt.Errorf("%s is not in discovery", path)
			}
			paths = append(paths, path)
		}
	}
	for _, one := range definitions {
		if !established[one.name] {
			return fmt.Errorf("%s is not established", one.name)
		}
	}
	return each(paths, func(path string) error { return c.get("/apis/"+path+"?limit=1", nil) })
}

// discovered reads the aggregated discovery: group/version/plural of all that is served.
func (c *cluster) discovered() (map[string]bool, error) {
	request, err := c.request(http.MethodGet, "/apis", "", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	var groups struct {
		Items []struct {
			Metadata struct{ Name string }
			Versions []struct {
				Version   string
				Resources []struct{ Resource string }
			}
		}
	}
	if err := c.send(request, &groups); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, group := range groups.Items {
		for _, version := range group.Versions {
			for _, resource := range version.Resources {
				found[group.Metadata.Name+"/"+version.Version+"/"+resource.Resource] = true
			}
		}
	}
	return found, nil
}

// each does something for all, eight at a time, and gives back the first error.
func each[T any](all []T, do func(T) error) error {
	var group sync.WaitGroup
	errors := make(chan error, len(all))
	slots := make(chan struct{}, 8)
	for _, one := range all {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := do(one); err != nil {
				errors <- err
			}
		})
	}
	group.Wait()
	select {
	case err := <-errors:
		return err
	default:
		return nil
	}
}
