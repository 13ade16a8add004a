"""Values become Folium maps and one offline HTML file."""
