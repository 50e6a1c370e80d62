// After signing in again, the form that was interrupted goes on by itself.
document.querySelector("[data-resume] button")?.click();
