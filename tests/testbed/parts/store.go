package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

// The kinds the bridge watches, by the word a route's name begins with.
var watched = map[string]string{
	"httproute":      "/apis/gateway.networking.k8s.io/v1/httproutes",
	"virtualservice": "/apis/networking.istio.io/v1/virtualservices",
	"rollout":        "/apis/argoproj.io/v1alpha1/rollouts",
	"service":        "/api/v1/services",
	"deployment":     "/apis/apps/v1/deployments",
	"replicaset":     "/apis/apps/v1/replicasets",
	"pod":            "/api/v1/pods",
}

// object holds the fields that decide a share, of any kind.
type object struct {
	Metadata struct {
		Name, Namespace, ResourceVersion string
		Labels, Annotations              map[string]string
		DeletionTimestamp                *string
		OwnerReferences                  []struct{ Kind, Name string }
	}
	Spec struct {
		Rules []struct {
			BackendRefs []struct {
				Name   string
				Weight *float64
			}
		}
		HTTP []struct {
			Route []struct {
				Destination struct{ Host, Subset string }
				Weight      float64
			}
		}
		Selector json.RawMessage
	}
	Status struct {
		Conditions []struct{ Type, Status string }
		StableRS   string
		Canary     struct {
			Weights *struct {
				Canary, Stable struct{ Weight float64 }
			}
		}
	}
}

func (o *object) key() string { return o.Metadata.Namespace + "/" + o.Metadata.Name }

// store is the watched part of the cluster.
type store struct {
	changed chan struct{}

	mutex  sync.Mutex
	kinds  map[string]map[string]*object
	listed map[string]bool
	// The template each Deployment had when it was first seen: its pods are the stable side.
	first map[string]string
}

func newStore() *store {
	return &store{changed: make(chan struct{}, 1), kinds: map[string]map[string]*object{}, listed: map[string]bool{}, first: map[string]string{}}
}

func (s *store) touch() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *store) watchAll(api *cluster) {
	for kind, path := range watched {
		go func() {
			for {
				if err := s.watch(api, kind, path); err != nil {
					log.Printf("%s: %v", kind, err)
				}
				time.Sleep(200 * time.Millisecond)
			}
		}()
	}
}

// watch lists a kind and follows it until the stream ends, for whatever reason: the next call lists anew.
func (s *store) watch(api *cluster, kind, path string) error {
	var list struct {
		Metadata struct{ ResourceVersion string }
		Items    []*object
	}
	err := api.get(path, &list)
	if answer, is := err.(*refused); is && answer.status == http.StatusNotFound {
		// The kind is not installed here; somebody may do so.
		s.replace(kind, nil)
		time.Sleep(5 * time.Second)
		return nil
	}
	if err != nil {
		return err
	}
	s.replace(kind, list.Items)
	request, err := api.request(http.MethodGet, fmt.Sprintf(
		"%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=%s", path, list.Metadata.ResourceVersion), "", nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Minute)
	defer cancel()
	answer, err := api.client.Do(request.WithContext(ctx))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("watch: %s", answer.Status)
	}
	events := json.NewDecoder(bufio.NewReader(answer.Body))
	for {
		var event struct {
			Type   string
			Object *object
		}
		if err := events.Decode(&event); err != nil {
			return nil // the stream ended
		}
		switch event.Type {
		case "ADDED", "MODIFIED":
			s.put(kind, event.Object)
		case "DELETED":
			s.remove(kind, event.Object)
		case "ERROR":
			return nil // too old: list anew
		}
	}
}

func (s *store) replace(kind string, items []*object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.kinds[kind] = map[string]*object{}
	for _, item := range items {
		s.kinds[kind][item.key()] = item
	}
	s.listed[kind] = true
	s.touch()
}

func (s *store) put(kind string, item *object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.kinds[kind][item.key()] = item
	s.touch()
}

func (s *store) remove(kind string, item *object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.kinds[kind], item.key())
	if kind == "deployment" {
		delete(s.first, item.key())
	}
	s.touch()
}
