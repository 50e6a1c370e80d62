package gather_test

import (
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
	g := gather.New(8, 1, func(batch []int) { batches = append(batches, batch) })
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
		g := gather.New(4, 1, func(batch []int) {
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
		g := gather.New(3, 2, func(batch []int) {
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

// TestAPanicIsItsOwnCallersAlone: the others of the batch hear that nothing came
// of it, and those behind them go on.
func TestAPanicIsItsOwnCallersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gather.New(2, 1, func(batch []int) {
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
