CREATE TABLE tracks (id INTEGER PRIMARY KEY, path TEXT NOT NULL, type TEXT, fileName TEXT);
CREATE TABLE purchases (user TEXT, track INTEGER REFERENCES tracks, PRIMARY KEY (user, track));
