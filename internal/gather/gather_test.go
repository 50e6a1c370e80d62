package gather_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kyoten/internal/gather"
)

func TestALoneCallIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	var batches [][]int
	g := gather.New(gather.Size{Most: 8, Width: 1}, func(batch []int) { batches = append(batches, batch) })
	for i := range 3 {
		if !g.Do(i) {
			t.Errorf("call %d was not done", i)
		}
	}
	if len(batches) != 3 {
		t.Errorf("three calls in turn were done in batches %v, want each by itself", batches)
	}
}

// TestWhatComesMeanwhileIsDoneTogether: in the order of coming, at most so many,
// each once.
func TestWhatComesMeanwhileIsDoneTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var batches [][]int
		g := gather.New(gather.Size{Most: 4, Width: 1}, func(batch []int) {
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			batches = append(batches, slices.Clone(batch))
		})
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { g.Do(i) })
			synctest.Wait() // in line before the next comes
		}
		wg.Wait()
		want := [][]int{{0}, {1, 2, 3, 4}, {5, 6, 7, 8}, {9}}
		if !slices.EqualFunc(batches, want, slices.Equal[[]int]) {
			t.Errorf("batches = %v, want %v", batches, want)
		}
	})
}

func TestSoManyBatchesAtOnceAndNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at, most, calls atomic.Int32
		g := gather.New(gather.Size{Most: 3, Width: 2, Least: 2}, func(batch []int) {
			most.Store(max(most.Load(), at.Add(1)))
			time.Sleep(time.Second)
			at.Add(-1)
			calls.Add(int32(len(batch)))
		})
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { g.Do(i) })
		}
		wg.Wait()
		if most.Load() != 2 || calls.Load() != 50 {
			t.Errorf("%d batches at once, %d calls done, want 2 and 50", most.Load(), calls.Load())
		}
	})
}

// TestAnotherBatchBeginsOnceEnoughWait: and what is left over when it ends waits
// for the one that is still at work.
func TestAnotherBatchBeginsOnceEnoughWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ended []string
		began := time.Now()
		g := gather.New(gather.Size{Most: 8, Width: 2, Least: 3}, func(batch []int) {
			time.Sleep(time.Duration(10-2*len(batch)) * time.Second)
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, fmt.Sprint(batch, " after ", time.Since(began)))
		})
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() { g.Do(i) })
			synctest.Wait()
		}
		wg.Wait()
		want := []string{"[1 2 3] after 4s", "[0] after 8s", "[4] after 16s"}
		if !slices.Equal(ended, want) {
			t.Errorf("batches ended as %v, want %v", ended, want)
		}
	})
}

// TestAPanicIsItsOwnCallersAlone: the others of the batch hear that nothing came
// of it, and those behind them go on.
func TestAPanicIsItsOwnCallersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gather.New(gather.Size{Most: 2, Width: 1}, func(batch []int) {
			time.Sleep(time.Second)
			if batch[0] == 1 {
				panic("boom")
			}
		})
		var mu sync.Mutex
		came := map[int]string{}
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				how := "panicked"
				defer func() {
					_ = recover()
					mu.Lock()
					defer mu.Unlock()
					came[i] = how
				}()
				how = map[bool]string{true: "done", false: "not done"}[g.Do(i)]
			})
			synctest.Wait()
		}
		wg.Wait()
		for i, want := range []string{"done", "panicked", "not done", "done", "done"} {
			if came[i] != want {
				t.Errorf("call %d: %s, want %s", i, came[i], want)
			}
		}
	})
}

func TestABatchOutlivesItsFirstRequestAndEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		first, gone := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		ctx, cancel := gather.Context(first)
		defer cancel()
		gone()
		time.Sleep(9 * time.Second)
		if ctx.Err() != nil || ctx.Value(key{}) != "kept" {
			t.Errorf("after 9 s: %v, %v", ctx.Err(), ctx.Value(key{}))
		}
		time.Sleep(2 * time.Second)
		if ctx.Err() == nil {
			t.Error("still at work after 11 s")
		}
	})
}
