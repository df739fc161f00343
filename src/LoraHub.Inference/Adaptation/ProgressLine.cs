namespace LoraHub.Inference.Adaptation;

/// <summary>Formats progress as tqdm does, one line per evaluation. Replicate's clients parse percentage, count and total from it.</summary>
static class ProgressLine
{
    const int Width = 10;

    const string Eighths = " ▏▎▍▌▋▊▉";

    /// <param name="done">At least 1.</param>
    /// <param name="note">Follows the times.</param>
    public static string Format(int done, int total, TimeSpan elapsed, string note)
    {
        var perStep = elapsed.TotalSeconds / done;
        var pace = perStep >= 1 ? $"{perStep:0.00}s/it" : $"{1 / Math.Max(perStep, 1e-6):0.00}it/s";
        var left = TimeSpan.FromSeconds(perStep * (total - done));
        return $"{100 * done / total,3}%|{Bar(done, total)}| {done}/{total} [{Clock(elapsed)}<{Clock(left)}, {pace}, {note}]";
    }

    static string Bar(int done, int total)
    {
        var eighths = 8 * Width * done / total;
        var (full, part) = (eighths / 8, eighths % 8);
        return full == Width ? new string('█', Width) : new string('█', full) + Eighths[part] + new string(' ', Width - full - 1);
    }

    static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time:mm\\:ss}";
}
